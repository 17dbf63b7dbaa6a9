import Testing
import Triage

@Suite("Drafted replies")
struct DraftingTests {
    private let refunds = passage(
        1, "Refunds",
        """
        # Refunds

        Our offices are closed on Sundays. A refund reaches the client within 5 working days. The **fee** of the \
        payment is not given back. Parrots are welcome.
        """)
    private let parrots = passage(2, "Office pets", "Parrots are welcome. Dogs are not.")

    @Test func quotesTheSentencesThatAnswer() {
        let draft = ReplyDrafter().draft(
            ticketText: "When does the refund reach my client, and is the fee refunded?", team: "Billing",
            passages: [refunds, parrots])
        #expect(draft.text.contains("A refund reaches the client within 5 working days. [1]"))
        #expect(draft.text.contains("The fee of the payment is not given back. [1]"))
        #expect(!draft.text.contains("Parrots"))
        #expect(draft.text.contains("[1] Refunds"))
        #expect(draft.text.contains("our Billing team"))
        #expect(draft.cited == [refunds])
    }

    /// Every sentence between greeting and closing stands in a cited passage.
    @Test func inventsNothing() {
        let draft = ReplyDrafter().draft(
            ticketText: "refund parrots fee dogs", team: nil, passages: [refunds, parrots])
        let plain = [refunds, parrots].map { $0.text.replacing("**", with: "") }.joined(separator: " ")
        for part in draft.text.split(separator: "\n") where part.contains(" [") && !part.hasPrefix("[") {
            for sentence in part.split(separator: "] ") {
                let text = sentence.prefix { $0 != "[" }.trimmingSpaces
                #expect(plain.contains(text), "“\(text)” stands in no passage")
            }
        }
    }

    @Test func blanksOfCannedRepliesAreNotQuoted() {
        let canned = passage(
            3, "Canned reply", "Hello {{name}}, your refund of {{amount}} is late. A refund takes days.")
        let draft = ReplyDrafter().draft(ticketText: "Where is my refund?", team: nil, passages: [canned])
        #expect(draft.text.contains("A refund takes days. [1]"))
        #expect(!draft.text.contains("{{"))
    }

    @Test func withoutPassagesItPromisesAPerson() {
        let draft = ReplyDrafter().draft(ticketText: "help", team: nil, passages: [])
        #expect(draft.cited.isEmpty)
        #expect(draft.text.contains("a colleague"))
        #expect(!draft.text.contains("["))
    }

    @Test func sentencesOfMarkdown() {
        let sentences = SentenceSplitter().sentences(
            of: """
                # Title
                Open **Settings**, e.g. by [this link](https://x.example/a). Then wait!
                1. First step
                2. Second step

                | a | b |
                |---|---|
                - an item of `code`
                """)
        #expect(
            sentences == [
                "Open Settings, e.g. by this link.", "Then wait!", "First step", "Second step", "| a | b |",
                "an item of code",
            ])
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

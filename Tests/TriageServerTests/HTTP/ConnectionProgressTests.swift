import Testing
import TriageServer

@Suite("What is done about a connection's faults")
struct ConnectionProgressTests {
    @Test func betweenRequests() {
        var progress = ConnectionProgress()
        #expect(progress.fault() == .answer && progress.isIdle)
        progress.requestBegins()
        #expect(!progress.isIdle)
        progress.requestEnds()
        #expect(!progress.isIdle)
        progress.responseEnds()
        #expect(progress.isIdle)
        #expect(progress.fault() == .answer)
        #expect(!progress.isAnsweringTwice)
    }

    @Test func inABodyThatIsStillToBeAnswered() {
        var progress = ConnectionProgress()
        progress.requestBegins()
        #expect(progress.fault() == .forward)
        #expect(!progress.isAnsweringTwice)
        progress.responseEnds()
        #expect(progress.isAnsweringTwice)
    }

    @Test func inTheRequestBehindOneAtWork() {
        var progress = ConnectionProgress()
        progress.requestBegins()
        progress.requestEnds()
        #expect(progress.fault() == .forward)
        progress.responseEnds()
        #expect(!progress.isAnsweringTwice, "the second request's fault has an answer of its own")
    }

    @Test func inABodyThatIsAnswered() {
        var progress = ConnectionProgress()
        progress.requestBegins()
        #expect(!progress.isSendingInVain)
        progress.responseEnds()
        #expect(progress.isSendingInVain && !progress.isIdle)
        #expect(progress.fault() == .close)
        progress.requestEnds()
        #expect(!progress.isSendingInVain)
    }
}

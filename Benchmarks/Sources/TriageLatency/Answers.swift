/// What the API answers, as far as the benchmark reads it.
enum Answers {
    struct Token: Decodable {
        var access: String
    }

    struct Me: Decodable {
        struct Organization: Decodable {
            var id: Int
        }

        var organizations: [Organization]
    }

    struct Ticket: Decodable {
        var id: Int
    }

    struct JobRun: Decodable {
        struct SuggestionID: Decodable {
            var id: Int
        }

        var job_run_id: Int
        var status: String
        var error: String?
        var suggestion: SuggestionID?
    }

    struct Suggestion: Decodable {
        struct Metadata: Decodable {
            struct Retrieval: Decodable {
                var backend: String
            }

            var engine: String
            var retrieval: Retrieval
            var timings_ms: [String: Double]
        }

        var id: Int
        var metadata: Metadata
    }

    struct Retrieved: Decodable {
        struct Passage: Decodable {
            var chunk_id: Int
        }

        var results: [Passage]
        var backend: String
    }
}

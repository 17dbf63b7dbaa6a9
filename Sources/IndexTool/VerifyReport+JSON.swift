import VectorIndex

/// The same for programs.
extension VerifyReport {
    var json: String {
        var object = JSONObject()
        // What could not be checked is neither.
        if findings.isEmpty, databaseError != nil {
            object.addNull("sound")
        } else {
            object.add("sound", findings.isEmpty)
        }
        object.add("file", file)
        object.add("fast", isFast)
        object.add("contentHash", info.contentHash)
        object.add("count", info.count)
        object.add("bytes", info.bytes)
        object.add("open_ms", openedSeconds * 1000, decimals: 2)
        object.add("total_ms", totalSeconds * 1000, decimals: 2)
        object.add("graph", graph.map(Self.json))
        object.add("selfTest", selfTest.map(Self.json))
        object.add("recall", recall.map(Self.json))
        object.add("postgres", database.map(Self.json))
        object.add("findings", findings.map(\.json))
        if let finding = findings.first {
            object.add("error", finding.json)
        } else if let databaseError {
            object.add("error", Self.json(databaseError))
        }
        return "\(object)"
    }

    private static func json(_ graph: GraphReport) -> JSONObject {
        var object = JSONObject()
        object.add("unreachable", graph.unreachable)
        object.add("meanNeighbors", graph.meanNeighbors, decimals: 3)
        object.add("nodesByNeighbors", graph.nodesByNeighbors)
        return object
    }

    private static func json(_ test: Snapshot.SelfTestResult) -> JSONObject {
        var object = JSONObject()
        object.add("queries", test.queries)
        object.add("k", test.k)
        object.add("recall", test.recall, decimals: 6)
        object.add("recallWhenBuilt", test.recallWhenBuilt, decimals: 6)
        return object
    }

    private static func json(_ recall: RecallSample.Recall) -> JSONObject {
        var object = JSONObject()
        object.add("queries", recall.queries)
        object.add("k", recall.k)
        object.add("recall", recall.recall, decimals: 6)
        object.add("standardError", recall.standardError, decimals: 6)
        object.add("target", recall.target, decimals: 6)
        return object
    }

    private static func json(_ found: DatabaseCheck.Result) -> JSONObject {
        var object = JSONObject()
        object.add("version", found.version)
        object.add("fileVersion", found.fileVersion)
        object.add("behind", Int(found.behind))
        object.add("rows", found.rows)
        object.add("otherRows", found.otherRows)
        object.add("missing", found.missing.json)
        object.add("extra", found.extra.json)
        object.add("stale", found.stale.json)
        object.add("agreement", found.agreement.map(json))
        return object
    }

    private static func json(_ error: any Error) -> JSONObject {
        var object = JSONObject()
        guard let error = error as? VectorIndexError else {
            object.add("code", "notChecked")
            object.add("message", "\(error)")
            return object
        }
        object.add("code", error.code.rawValue)
        object.add("message", error.message)
        object.add("remedy", error.remedy)
        if let section = error.section { object.add("section", section) }
        if let offset = error.offset { object.add("offset", offset) }
        return object
    }

    /// Of a file that cannot be read or is no sound index.
    static func json(of error: VectorIndexError, _ file: String) -> String {
        var object = JSONObject()
        if ToolFailure.exitCode(for: error.code) == ToolFailure.unsound {
            object.add("sound", false)
        } else {
            object.addNull("sound")
        }
        object.add("file", file)
        object.add("error", json(error))
        return "\(object)"
    }
}

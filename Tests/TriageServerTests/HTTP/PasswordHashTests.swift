import Testing
import TriageServer

/// The Django hashes were made by Django 5.2.19 with argon2-cffi:
///
///     from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
///     make_password("correct horse")                              # and with salt="seasalt"
///     make_password("pässwörd 🐎 Å", salt="abc")                  # Å is U+212B: nothing is normalised
///     PBKDF2PasswordHasher().encode("correct horse", "short", 1000)
///     make_password("correct horse", hasher="argon2"), make_password("pässwörd 🐎", hasher="argon2")
///     make_password("correct horse", hasher="pbkdf2_sha1"), make_password(None)
@Suite("Password hashes that were carried over")
struct PasswordHashTests {
    private static let django: [(password: String, hash: String)] = [
        (
            "correct horse",
            "pbkdf2_sha256$1000000$Tk5AQh0dtuK8la3Oa5v7nW$nXPUkqoxXzL2ZnIHAp/9exOeCHNCzn9ztN1hC2s1mO4="
        ),
        ("correct horse", "pbkdf2_sha256$1000000$seasalt$eDeT2Bk71DYBhUNxsvTfOL61wQ+l2yaHzCst8hDsfHQ="),
        ("pässwörd 🐎 \u{212b}", "pbkdf2_sha256$1000000$abc$mxsjgt+lNSvKNF+LUmQ9Zhn3jBF4sksM+4Bpa6o5B2M="),
        ("correct horse", "pbkdf2_sha256$1000$short$vp2lIKJOVt2A8i/edRCDuPu37/V53GXgaXER1SSFqtk="),
        (
            "correct horse",
            "argon2$argon2id$v=19$m=102400,t=2,p=8$Wm1id2tuTmRtNEptQlV2c0hLSEtDNA$e3TwhkxhkK3m1fP+EfeI7ZbcId7dh3Q2zjzgmbleLoo"
        ),
        (
            "pässwörd 🐎",
            "argon2$argon2id$v=19$m=102400,t=2,p=8$OFVYMHQ1RXp5dk1vZmJJcFo2MDFUTA$7ZTEtdQlG3y9OuQ9dJblsUPIger65XlzEk3d9hwycpU"
        ),
    ]

    @Test(arguments: django)
    func djangosHashesAreChecked(password: String, hash: String) throws {
        let known = try #require(PasswordHash(hash))
        #expect(try known.verify(password))
        for wrong in ["", password + " ", String(password.dropLast()), "Correct horse", hash] {
            #expect(try !known.verify(wrong))
        }
        #expect(!known.isCurrent(cost: .interactive))
    }

    @Test func onlyOurOwnHashOfTodaysCostIsCurrent() async throws {
        let hasher = try PasswordHasher()
        #expect(try await !hasher.needsRehash(hasher.hash("x")))
        let cheap = try Argon2.hash("x", cost: Argon2.Cost(memoryKibibytes: 64, passes: 1, lanes: 1))
        #expect(hasher.needsRehash(cheap))
        #expect(try await hasher.needsRehash("argon2" + hasher.hash("x")))
        for (_, hash) in Self.django { #expect(hasher.needsRehash(hash)) }
        try await hasher.shutdown()
    }

    /// What no password fits: neither a crash nor hours of work.
    @Test(arguments: [
        "", "$", "$$$", "!r0W4KeSyldaWxY2ootCzBUHfreDpzAyLHkQi9EUw", "plain text",
        "pbkdf2_sha1$1000000$HU3ZoCEALr0U9HyQwOoqMF$ZiSC5kVTLUX50FLCbnHvRgp5Grg=",
        "pbkdf2_sha256", "pbkdf2_sha256$1000$short", "pbkdf2_sha256$1000$short$",
        "pbkdf2_sha256$0$short$vp2lIKJOVt2A8i/edRCDuPu37/V53GXgaXER1SSFqtk=",
        "pbkdf2_sha256$-1000$short$vp2lIKJOVt2A8i/edRCDuPu37/V53GXgaXER1SSFqtk=",
        "pbkdf2_sha256$1e3$short$vp2lIKJOVt2A8i/edRCDuPu37/V53GXgaXER1SSFqtk=",
        "pbkdf2_sha256$10000001$short$vp2lIKJOVt2A8i/edRCDuPu37/V53GXgaXER1SSFqtk=",
        "pbkdf2_sha256$99999999999999999999$short$vp2lIKJOVt2A8i/edRCDuPu37/V53GXgaXER1SSFqtk=",
        "pbkdf2_sha256$1000$$vp2lIKJOVt2A8i/edRCDuPu37/V53GXgaXER1SSFqtk=",
        "pbkdf2_sha256$1000$short$vp2lIKJOVt2A8i/edRCDuPu37/V53GXgaXER1SSFqtk=$",
        "pbkdf2_sha256$1000$short$vp2lIKJOVt2A8i/edRCDuA==", "pbkdf2_sha256$1000$short$not base64",
        "argon2$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "argon2$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=4294967295,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=2,p=16777215$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=-1,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$t=2,m=65536,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ])
    func otherTextsAreNoHash(text: String) {
        #expect(PasswordHash(text) == nil)
    }

    /// Well formed, but of parameters that Argon2 does not have.
    @Test(arguments: [
        "$argon2id$v=19$m=0,t=0,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=7,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=64,t=1,p=1$YQ$YQ", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$?$?",
    ])
    func impossibleParametersMatchNothing(text: String) throws {
        #expect(try !#require(PasswordHash(text)).verify("password"))
    }
}

import Foundation
import Testing
import TextEmbedding

/// Opening trusts nothing: whatever stands in a file, the end is a tensor or an error that names the file.
@Suite struct SafetensorsTests {
    static let good =
        #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
        + #""b\u00e9\ud83d\ude42\n":{"data_offsets":[24,32],"shape":[1],"dtype":"I64"}}   "#

    private func open(_ path: String) throws -> Safetensors { try Safetensors(path: path, bytesMax: 1 << 20) }

    @Test func aSoundFileIsRead() throws {
        let file = try DamagedFile()
        // Padded so that the data begin at a multiple of four.
        let header = Self.good + String(repeating: " ", count: 3 - (Self.good.utf8.count + 3) % 4)
        let tensors = try open(file.safetensors(header, data: 32))
        #expect(try tensors.floats("a", shape: [2, 3])[5] == 0)
        for (name, shape) in [("a", [3, 2]), ("a", [6]), ("a", []), ("c", [1]), ("bé🙂\n", [1])] {
            #expect(code { _ = try tensors.floats(name, shape: shape) } == .otherModel)
        }
    }

    @Test func aFileCutShortAnywhereIsRefused() throws {
        let file = try DamagedFile()
        let whole = try Data(contentsOf: URL(filePath: file.safetensors(Self.good, data: 32)))
        for length in 1..<whole.count {
            let path = try file.write("cut", whole.prefix(length))
            #expect(code { _ = try open(path) } == .malformedWeights, "\(length) bytes")
        }
        #expect(code { _ = try open(file.write("cut", [])) } == .unreadable)
        #expect(code { _ = try open(file.write("cut", whole + [0])) } == .malformedWeights)
    }

    /// Each byte of the header replaced by each of some others: never a crash, and nothing outside the file is
    /// reachable.
    @Test func aDamagedHeaderIsRefusedOrHarmless() throws {
        let file = try DamagedFile()
        let whole = try Data(contentsOf: URL(filePath: file.safetensors(Self.good, data: 32)))
        for at in 0..<(whole.count - 32) {
            for byte in [0x00, 0x22, 0x2C, 0x30, 0x39, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
                var damaged = whole
                damaged[at] = byte
                let path = try file.write("damaged", damaged)
                if let tensors = try? open(path) {
                    _ = code { _ = try tensors.floats("a", shape: [2, 3])[5] }
                }
            }
        }
    }

    @Test(arguments: [
        "", " ", "null", "[]", "0", "\"a\"", "{", "}", "{}x", "{} {}", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1}",
        #"{"a":{}}"#, #"{"a":{"dtype":"F32"}}"#, #"{"a":{"dtype":"F32","shape":[8]}}"#,
        #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[0]}}"#,
        #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32,64]}}"#,
        #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[32,0]}}"#,
        #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,-32]}}"#,
        #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,3.2e1]}}"#,
        #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[00,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32],"more":1}}"#,
        #"{"a":{"dtype":"F32","dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F31","shape":[8],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[7],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[8,],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,8],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[9223372036854775807,8],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,9223372036854775807]}}"#,
        #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
        #"{"a":{"dtype":"U8","shape":[32],"data_offsets":[0,32]},"b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}}"#,
        #"{"a":{"dtype":"U8","shape":[32],"data_offsets":[0,32]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"b":{"dtype":"U8","shape":[4],"data_offsets":[28,32]}}"#,
        #"{"\x":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#,
        #"{"\u12":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#,
        #"{"\ud800":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#,
        #"{"\udc00":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#,
        #"{"\ud83dx":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#,
        "{\"a\nb\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32]}}",
        #"{"__metadata__":{"a":{"b":"c"}},"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#,
        #"{"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#,
    ])
    func aForeignHeaderIsRefused(header: String) throws {
        let file = try DamagedFile()
        let path = try file.safetensors(header, data: 32)
        #expect(code { _ = try open(path) } == .malformedWeights)
    }

    @Test func hugeClaimsAreRefused() throws {
        let file = try DamagedFile()
        for length in [33, 1 << 20, 1 << 32, UInt64(Int.max), .max, .max - 7] as [UInt64] {
            #expect(code { _ = try open(file.safetensors("{}", length: length, data: 30)) } == .malformedWeights)
        }
        let deep = String(repeating: "{\"a\":", count: 100_000)
        #expect(code { _ = try open(file.safetensors(deep, data: 0)) } == .malformedWeights)
        let many = (0..<5000).map { #""t\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"# }
        let header = "{" + many.joined(separator: ",") + "}"
        #expect(code { _ = try open(file.safetensors(header, data: 0)) } == .malformedWeights)
        let name = String(repeating: "n", count: 5000)
        #expect(code { _ = try open(file.safetensors("{\"\(name)\":", data: 0)) } == .malformedWeights)
        #expect(code { _ = try Safetensors(path: file.safetensors("{}", data: 100), bytesMax: 50) } == .unreadable)
    }

    @Test func tensorsOutOfAlignmentAreRefused() throws {
        let file = try DamagedFile()
        let header = #"{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#
        for padding in 0..<4 {
            let tensors = try open(file.safetensors(header + String(repeating: " ", count: padding), data: 32))
            let found = code { _ = try tensors.floats("a", shape: [8]) }
            #expect(found == ((header.utf8.count + padding) % 4 == 0 ? nil : .malformedWeights))
        }
    }
}

/// The code of the error that `body` ends in; nil when it ends in none.
func code(_ body: () throws -> Void) -> TextEmbeddingError.Code? {
    do {
        try body()
        return nil
    } catch let error as TextEmbeddingError {
        // Every one names the file, what is wrong and what to do.
        #expect(error.description.contains(error.file) && !error.problem.isEmpty && error.remedy.contains("setup.sh"))
        return error.code
    } catch {
        Issue.record("an error that is not this module's: \(error)")
        return nil
    }
}

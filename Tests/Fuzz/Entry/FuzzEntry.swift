import Glibc
import IndexFuzz
import VectorIndex

// What libFuzzer calls. All that is said about an input is in IndexFuzz, which the tests use as well.

/// libFuzzer calls from one thread.
nonisolated(unsafe) private let exercise = IndexExercise()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    exercise.run(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}

@_silgen_name("LLVMFuzzerMutate")
private func mutateAnywhere(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ sizeMax: Int) -> Int

/// Every second time one to eight numbers are overwritten with values that matter to a reader, and nothing is moved: what
/// shifts sections or changes their lengths is mostly refused at once.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ sizeMax: Int, _ seed: UInt32) -> Int {
    var random = SplitMix64(seed: UInt64(seed))
    guard size > 16, random.next(below: 2) == 0 else { return mutateAnywhere(data, size, sizeMax) }
    NumberMutation.apply(UnsafeMutableRawBufferPointer(start: data, count: size), &random)
    return size
}

/// With NEXIFY_FUZZ_SEEDS set to a directory, writes the first inputs there.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    guard let directory = getenv("NEXIFY_FUZZ_SEEDS").map({ String(cString: $0) }) else { return 0 }
    do {
        let path = "\(directory)/seed.nxi"
        let inputs = try SeedInputs.make { builder in
            try builder.write(to: path)
            let file = try MappedFile(path: path)
            return withExtendedLifetime(file) { Array(file.bytes) }
        }
        unlink(path)
        unlink(path + ".previous")
        for (i, input) in inputs.enumerated() {
            let file = open("\(directory)/seed-\(i)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            guard file >= 0, write(file, input, input.count) == input.count else { fatalError("cannot write a seed") }
            close(file)
        }
    } catch {
        fatalError("\(error)")
    }
    return 0
}

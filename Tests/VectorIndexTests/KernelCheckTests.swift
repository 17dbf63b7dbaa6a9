import CBLAS
import Testing
import VectorIndex

/// The start-up check, with levels that are broken on purpose: plain C with one kernel that is wrong in one bit.
@Suite("A level that computes wrongly is refused")
struct KernelCheckTests {
    /// Plain C under another name.
    private static func copy(_ change: (inout nx_kernels) -> Void = { _ in }) -> nx_kernels {
        var kernels = KernelCases.plain
        change(&kernels)
        return kernels
    }

    private static func check(_ kernels: nx_kernels) -> String? {
        withUnsafePointer(to: kernels) { nx_kernels_check($0).map { String(cString: $0) } }
    }

    @Test("every level of this processor passes", arguments: KernelCases.levels + ["scalar"])
    func sound(level: String) { #expect(Self.check(KernelCases.kernels(level)) == nil) }

    @Test("a wrong kernel is found and named", arguments: broken.keys.sorted())
    func found(kernel: String) throws {
        let kernels = try #require(Self.broken[kernel])
        #expect(Self.check(kernels()) == kernel)
    }

    @Test("the next lower level is taken, and it is said which one is wrong in what")
    func refusal() {
        let (name, message) = choose([Self.named("best") { $0.scan_row = Self.wrongScan }, Self.named("second")])
        #expect(name == "second")
        #expect(message.contains("best") && message.contains("scan_row") && message.hasSuffix("\n"))
        #expect(message.split(separator: "\n").count == 1)
    }

    @Test("a good level is taken without a word")
    func silence() {
        let (name, message) = choose([Self.named("best"), Self.named("second")])
        #expect(name == "best" && message.isEmpty)
    }

    @Test("with no good level it is plain C, with a line for each that is wrong")
    func none() {
        let wrong = { (name: StaticString) in Self.named(name) { $0.scan_row = Self.wrongScan } }
        let (name, message) = choose([wrong("best"), wrong("second")])
        #expect(name == "scalar")
        #expect(message.split(separator: "\n").count == 2)
        #expect(choose([]).name == "scalar")
    }

    @Test("a wanted level is taken when it is sound, otherwise the next lower")
    func wanted() {
        let wrong = Self.named("second") { $0.scan_row = Self.wrongScan }
        #expect(choose([Self.named("best"), Self.named("second")], wanted: "second").name == "second")
        #expect(choose([Self.named("best"), wrong, Self.named("third")], wanted: "second").name == "third")
        #expect(choose([Self.named("best"), Self.named("second")], wanted: "").name == "best")
        let (name, message) = choose([Self.named("best"), Self.named("second")], wanted: "sse9")
        #expect(name == "best")
        #expect(message.contains("NEXIFY_SIMD=sse9"))
    }

    @Test("a message that does not fit is cut")
    func shortMessage() {
        let (name, message) = choose([Self.named("best") { $0.scan_row = Self.wrongScan }], capacity: 9)
        #expect(name == "scalar")
        #expect(message.utf8.count == 8)
    }

    /// A copy under a name of its own.
    private static func named(_ name: StaticString, _ change: (inout nx_kernels) -> Void = { _ in }) -> nx_kernels {
        copy {
            $0.name = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
            change(&$0)
        }
    }

    private func choose(
        _ levels: [nx_kernels], wanted: String? = nil, capacity: Int = 1024
    ) -> (name: String, message: String) {
        var message = [CChar](repeating: 1, count: capacity)
        let name = levels.withUnsafeBufferPointer { levels in
            let pointers = levels.indices.map { Optional(levels.baseAddress! + $0) }
            return String(cString: nx_kernels_choose(pointers, pointers.count, wanted, &message, capacity).pointee.name)
        }
        return (name, String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}

extension KernelCheckTests {
    private typealias Scan =
        @convention(c) (
            UnsafePointer<nx_row_shape>?, UnsafePointer<nx_query>?, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?,
            UnsafeMutablePointer<Int32>?
        ) -> Int32

    private static let wrongScan: Scan = { shape, query, row, next, sums in
        let own = KernelCases.plain.scan_row(shape, query, row, next, sums)
        sums![31] += 1
        return own
    }

    /// By the name of the kernel that is wrong.
    static let broken: [String: @Sendable () -> nx_kernels] = [
        "dots_u8s8": {
            copy {
                $0.dots_u8s8 = { rows, stride, ids, count, query, length, out in
                    KernelCases.plain.dots_u8s8(rows, stride, ids, count, query, length, out)
                    if count > 8 { out![8] += 1 }
                }
            }
        },
        "dot_f32": { copy { $0.dot_f32 = { KernelCases.plain.dot_f32($0, $1, $2).nextUp } } },
        "squared_l2_f32": { copy { $0.squared_l2_f32 = { KernelCases.plain.squared_l2_f32($0, $1, $2).nextDown } } },
        "dots_f32": { copy { $0.dots_f32 = KernelCases.plain.squared_l2s_f32 } },
        "squared_l2s_f32": { copy { $0.squared_l2s_f32 = KernelCases.plain.dots_f32 } },
        "scan_row": { copy { $0.scan_row = wrongScan } },
        "select_near": {
            copy {
                // "Not above" in place of "below".
                $0.select_near = { shape, query, row, sums, base, limit, ids, distances in
                    KernelCases.plain.select_near(shape, query, row, sums, base, limit.nextUp, ids, distances)
                }
            }
        },
        "insert": {
            copy {
                // Equal keys are lost.
                $0.insert = { hot, keys, count, overflow in
                    var fallen = 0
                    for i in 0..<count {
                        var key = keys![i]
                        guard !(0..<32).contains(where: { hot![$0] == key }) else { continue }
                        fallen += KernelCases.plain.insert(hot, &key, 1, overflow! + fallen)
                    }
                    return fallen
                }
            }
        },
        "rotate": {
            copy {
                $0.rotate = { vector, length, signs, rounds in
                    KernelCases.plain.rotate(vector, length, signs, rounds)
                    vector![length - 1] = vector![length - 1].nextUp
                }
            }
        },
        "make_table": {
            copy {
                $0.make_table = { values, length, table in
                    table![4 * length - 1] = 0
                    return KernelCases.plain.make_table(values, length, table) + 1
                }
            }
        },
        "compare_codes": {
            copy {
                // A difference of 0 as if it were negative.
                $0.compare_codes = { node, neighbor, length, planes, bits, out in
                    KernelCases.plain.compare_codes(node, neighbor, length, planes, bits, out)
                    if node![0] == neighbor![0] { bits![0] &= 0xfe }
                }
            }
        },
    ]
}

import CBLAS
import Testing
import VectorIndex

@Suite("16-bit floats and codes of 8 bits")
struct HalfTests {
    /// What IEEE 754 says of a finite half.
    private func value(_ half: UInt16) -> Double {
        let exponent = Int(half >> 10 & 31)
        let fraction = Double(half & 1023)
        let magnitude =
            exponent == 0
            ? fraction * 0x1p-24 : (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
        return half & 0x8000 == 0 ? magnitude : -magnitude
    }

    @Test("all 65,536 halves are read as they are and written back")
    func allHalves() {
        for half in UInt16.min...UInt16.max {
            let float = nx_float(half)
            if half & 0x7c00 != 0x7c00 {
                #expect(Double(float) == value(half))
                #expect((float.sign == .minus) == (half & 0x8000 != 0))
                #expect(nx_half(float) == half)
            } else if half & 0x3ff == 0 {
                #expect(float == (half == 0x7c00 ? .infinity : -.infinity))
                #expect(nx_half(float) == half)
            } else {
                #expect(float.isNaN && nx_half(float) & 0x7fff == 0x7e00)
            }
        }
    }

    @Test("between two halves the nearer is taken, in the middle the even one")
    func rounding() {
        for lower in UInt16(0)..<0x7bff {
            let upper = lower + 1
            // The middle of two neighbours has one bit more, so it is exact in a float.
            let middle = Float((value(lower) + value(upper)) / 2)
            #expect(nx_half(middle) == (lower % 2 == 0 ? lower : upper))
            #expect(nx_half(middle.nextDown) == lower)
            #expect(nx_half(middle.nextUp) == upper)
            #expect(nx_half(-middle) == (lower % 2 == 0 ? lower : upper) | 0x8000)
        }
    }

    @Test("what is too large is infinite, what is too small is zero")
    func range() {
        #expect(nx_half(65_519.996) == 0x7bff)
        #expect(nx_half(65_520) == 0x7c00)
        #expect(nx_half(-65_520) == 0xfc00)
        #expect(nx_half(.greatestFiniteMagnitude) == 0x7c00)
        #expect(nx_half(0x1p-25) == 0)
        #expect(nx_half((0x1p-25 as Float).nextUp) == 1)
        #expect(nx_half(.leastNonzeroMagnitude) == 0)
        #expect(nx_half(-.leastNonzeroMagnitude) == 0x8000)
        #expect(nx_half(-0.0) == 0x8000)
        #expect(nx_half(.nan) & 0x7fff == 0x7e00)
    }

    @Test("rounding to 8 bits goes to the nearest, is cut at 127, and takes any value")
    func quantisation() {
        let values: [Float] = [0, 0.4, 0.5, 0.6, 1.5, -0.5, -1.5, 126.6, 127.4, 200, -300, .infinity, -.infinity, .nan]
        var codes = [Int8](repeating: 0, count: values.count)
        nx_quantise_s8(values, values.count, 1, &codes)
        #expect(codes.dropLast() == [0, 0, 0, 1, 2, 0, -2, 127, 127, 127, -127, 127, -127])
        var rows = [UInt8](repeating: 0, count: values.count)
        nx_quantise_u8(values, values.count, 1, &rows)
        #expect(zip(codes, rows).allSatisfy { Int($0) + 128 == Int($1) })
    }
}

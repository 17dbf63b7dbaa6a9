import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The one place that calls write(2).
enum StandardStream {
    /// Writes all of it, retrying what was interrupted or cut short; gives up at any other error,
    /// because a log that cannot be written has nobody left to be told.
    static func write(_ bytes: ByteBuffer, to descriptor: Int32) {
        var rest = bytes
        while rest.readableBytes > 0 {
            let count = rest.withUnsafeReadableBytes { systemWrite(descriptor, $0) }
            if count > 0 {
                rest.moveReaderIndex(forwardBy: count)
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }

    private static func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
            Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

import Measurement
@main struct M { static func main() {} }

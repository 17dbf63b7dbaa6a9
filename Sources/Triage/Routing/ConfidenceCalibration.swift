/// Turns a router's share of votes into the probability that a person would agree, learnt from held-back decisions.
///
/// Platt, "Probabilistic outputs for support vector machines" (1999): a logistic curve over the log-odds of the share,
/// fitted with smoothed targets so that few labels do not give certainty; Newton's method after Lin, Lin & Weng, "A note
/// on Platt's probabilistic outputs" (2007).
public struct ConfidenceCalibration: Sendable, Equatable {
    /// Fewer held-back decisions than this say nothing.
    public static let outcomesMin = 30

    /// One held-back decision: what the router's share was, and whether it was right.
    public struct Outcome: Sendable, Equatable {
        public var share: Double
        public var correct: Bool

        public init(share: Double, correct: Bool) {
            self.share = share
            self.correct = correct
        }
    }

    /// P(correct) = 1 / (1 + exp(−(slope · logit(share) + intercept))).
    public var slope: Double
    public var intercept: Double
    /// How many decisions it rests on, and how often the router was right in them.
    public var outcomes: Int
    public var accuracy: Double

    /// nil when there are too few outcomes.
    public init?(_ outcomes: [Outcome]) {
        guard outcomes.count >= Self.outcomesMin else { return nil }
        let correct = outcomes.count(where: \.correct)
        let wrong = outcomes.count - correct
        let high = (Double(correct) + 1) / (Double(correct) + 2)
        let low = 1 / (Double(wrong) + 2)
        let points = outcomes.map { (x: Self.logit($0.share), target: $0.correct ? high : low) }

        var a = 1.0
        var b = 0.0
        func loss(_ a: Double, _ b: Double) -> Double {
            points.reduce(0) { sum, point in
                let z = a * point.x + b
                // log(1 + e^z) − t z, written so that neither sign of z overflows.
                return sum + max(z, 0) + logarithm(1 + exponential(-abs(z))) - point.target * z
            }
        }
        var current = loss(a, b)
        for _ in 0..<100 {
            var (gradientA, gradientB) = (0.0, 0.0)
            var (haa, hab, hbb) = (1e-9, 0.0, 1e-9)
            for point in points {
                let p = Self.sigmoid(a * point.x + b)
                let weight = p * (1 - p)
                gradientA += (p - point.target) * point.x
                gradientB += p - point.target
                haa += weight * point.x * point.x
                hab += weight * point.x
                hbb += weight
            }
            if abs(gradientA) < 1e-6 && abs(gradientB) < 1e-6 { break }
            let determinant = haa * hbb - hab * hab
            let stepA = -(hbb * gradientA - hab * gradientB) / determinant
            let stepB = -(haa * gradientB - hab * gradientA) / determinant
            var size = 1.0
            while size > 1e-10 {
                let next = loss(a + size * stepA, b + size * stepB)
                if next < current {
                    (a, b, current) = (a + size * stepA, b + size * stepB, next)
                    break
                }
                size /= 2
            }
            if size <= 1e-10 { break }
        }
        // A larger share must never mean less confidence, whatever few labels say.
        slope = max(a, 0)
        intercept = b
        self.outcomes = outcomes.count
        accuracy = Double(correct) / Double(outcomes.count)
    }

    /// The probability, 0–1, that a person would agree with a proposal of this share.
    ///
    /// Never nearer to certainty than this many outcomes can show (Laplace's rule of succession).
    public func confidence(share: Double) -> Double {
        let unseen = 1 / (Double(outcomes) + 2)
        return min(max(Self.sigmoid(slope * Self.logit(share) + intercept), unseen), 1 - unseen)
    }

    private static func sigmoid(_ z: Double) -> Double {
        z >= 0 ? 1 / (1 + exponential(-z)) : exponential(z) / (1 + exponential(z))
    }

    private static func logit(_ share: Double) -> Double {
        let bounded = min(max(share, 1e-4), 1 - 1e-4)
        return logarithm(bounded / (1 - bounded))
    }
}

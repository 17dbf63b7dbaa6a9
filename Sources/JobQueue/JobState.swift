/// Where a job stands.
///
///                     enqueue
///                        │
///                        ▼      claim (attempt + 1, leased)
///     operator's ──▶ available ─────────────────────────────▶ running ──── complete ────▶ completed
///     retry              ▲                                    │  │  │
///       ▲                ├── give back (attempt − 1) ─────────┘  │  │
///       │                └── retry after a backoff ──────────────┘  │
///       │                                                           │ permanent error,
///       └──────────────────────── discarded ◀───────────────────────┘ or no attempts left
///
/// "Retry" and "discard" also happen to a job whose lease ran out: its worker died. `completed` and `discarded` are
/// resting states; only an operator wakes a discarded job again.
public enum JobState: String, Sendable, CaseIterable {
    case available, running, completed, discarded
}

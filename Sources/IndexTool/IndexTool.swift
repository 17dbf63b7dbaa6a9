import ArgumentParser

/// The operator's tool for index files: builds, verifies, shows, compares, searches and measures them.
@main
struct IndexTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index-tool",
        abstract: "Build, verify, inspect, compare, search and measure Nexify's vector index files.",
        discussion: """
            An index file can always be built again from its source, so no command edits one in place: `build` writes a new \
            file, verifies it, and only then gives it the name.

            Exit codes: 0 done and sound, 1 the index file is unsound or not an index, or `diff` finds a difference, 2 it \
            could not be checked or built, 64 the command line is wrong.
            """,
        subcommands: [
            Build.self, Extend.self, Verify.self, Inspect.self, Diff.self, Search.self, Bench.self, Export.self,
            Embed.self,
        ])
}

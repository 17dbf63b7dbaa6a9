import ArgumentParser
import Foundation

/// How every command finds its settings.
struct SettingsOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: "A file of KEY=value lines; goes before NEXIFY_CONFIG_FILE.")
    var configFile: String?

    @Flag(
        name: .customLong("print-config"), help: "Print every setting, its value and its source, and do nothing else.")
    var printsConfiguration = false

    /// - Throws: `SettingError`; a clean exit that prints the settings when that was asked for.
    func load() throws -> Settings {
        let reader = try SettingsReader(environment: ProcessInfo.processInfo.environment, configFile: configFile)
        let settings = try Settings(reader)
        if printsConfiguration { throw CleanExit.message(try SettingsPage.text(reader)) }
        return settings
    }
}

using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Packaging.Tests.Support;

/// <summary>Runs commands of the SDK, each in one process that leaves none behind.</summary>
internal static class Dotnet
{
    private static readonly Dictionary<string, string> s_environment = new()
    {
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
        ["DOTNET_NOLOGO"] = "1",
    };

    // One node and no compiler that stays. Every target writes a line: a wait for the end sees that the build goes on.
    private static readonly string[] s_build =
        ["-m:1", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-tl:off", "-nologo", "-v:normal"];

    /// <summary>Creates a project from a template of the SDK, without a restore.</summary>
    /// <param name="template">The template's short name.</param>
    /// <param name="folder">The project's folder; its name becomes the project's.</param>
    /// <param name="home">Where the command keeps its own files.</param>
    internal static Task NewAsync(string template, string folder, string home) =>
        RunAsync(["new", template, "-o", folder, "--no-restore", "--no-update-check"], ("DOTNET_CLI_HOME", home));

    /// <summary>Restores and builds; a warning is an error. Advisories are not asked for: they change by the day.</summary>
    internal static Task BuildAsync(string folder) =>
        // NU1603 says that the feed lacks a version that a package names, which is the feed's matter.
        RunAsync(["build", folder, "-warnaserror", "-warnasmessage:NU1603", "-p:NuGetAudit=false", .. s_build]);

    /// <summary>Installs a tool from the feed of a configuration.</summary>
    /// <param name="package">The tool's package.</param>
    /// <param name="version">Its version.</param>
    /// <param name="folder">Where it goes.</param>
    /// <param name="configuration">The file that names the feed.</param>
    /// <param name="home">Where the command keeps its own files.</param>
    internal static Task InstallToolAsync(string package, string version, string folder, string configuration, string home) => RunAsync(
        ["tool", "install", package, "--version", version, "--tool-path", folder, "--configfile", configuration],
        ("DOTNET_CLI_HOME", home));

    /// <summary>Packs what is built of a project or a solution.</summary>
    /// <param name="what">The project or solution.</param>
    /// <param name="folder">Where the packages go; their manifests go into one beside it, and not into the repository.</param>
    /// <param name="version">The packages' version.</param>
    /// <param name="properties">Further properties, as MSBuild takes them.</param>
    /// <returns>What the command wrote.</returns>
    internal static Task<string> PackAsync(string what, string folder, string version, params string[] properties) => RunAsync(
    [
        "pack", what, "-c", Configuration, "--no-build", "-o", folder,
        $"-p:PackageVersion={version}", $"-p:NuspecOutputPath={folder}-manifests/", .. properties, .. s_build,
    ]);

    // The one in which the tests themselves were built: bin/Release/net10.0.
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static async Task<string> RunAsync(string[] arguments, params (string Key, string Value)[] environment)
    {
        var variables = new Dictionary<string, string>(s_environment);
        foreach (var (key, value) in environment) variables[key] = value;
        var (code, output) = await ProgramProcess.RunAsync(arguments[0], arguments[1..], variables);
        code.ShouldBe(0, $"dotnet {string.Join(' ', arguments)}\n{output}");
        return output;
    }
}

using System.Reflection;
using Akka.Actor;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Which versions of Akka.NET are not to be run.</summary>
internal static class AkkaVersions
{
    /// <summary>The version that is loaded, which the application's own packages may have chosen.</summary>
    internal static Version Loaded { get; } = Parse(
        typeof(ActorSystem).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion)
        ?? typeof(ActorSystem).Assembly.GetName().Version ?? new Version(0, 0);

    /// <summary>Null when the version may be used, else why not.</summary>
    internal static string? Fault(Version version)
    {
        if (version < new Version(1, 5, 30)) return $"Akka.NET {version.ToString(3)} is too old for this engine; 1.5.30 is the oldest.";
        // A shard could be started on two nodes at once, which is two owners of one stream.
        return version >= new Version(1, 5, 61) && version < new Version(1, 5, 65)
            ? $"Akka.NET {version.ToString(3)} can start a shard on two nodes; 1.5.61 to 1.5.64 are refused."
            : null;
    }

    private static Version? Parse(string? text) => text is not null && Version.TryParse(text.Split('+', '-')[0], out var version)
        ? version
        : null;
}

using System.Reflection;

namespace AkkaSse.Server.Hosting;

/// <summary>What runs.</summary>
internal static class ServerVersion
{
    /// <summary>The version without the source revision.</summary>
    internal static string Text { get; } =
        (typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "0").Split('+')[0];
}

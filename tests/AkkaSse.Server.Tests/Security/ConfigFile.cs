using System.Text.Json;
using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Tests.Security;

/// <summary>A configuration file for <c>--config</c>, removed at the end.</summary>
internal sealed class ConfigFile : IDisposable
{
    internal ConfigFile(object content) => Write(content);

    internal string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"akkasse-{Guid.NewGuid():N}.json");

    /// <summary>Puts another content in its place, as a whole.</summary>
    internal void Write(object content)
    {
        var next = Path + ".next";
        File.WriteAllText(next, content as string ?? JsonSerializer.Serialize(content));
        File.Move(next, Path, overwrite: true);
    }

    /// <summary>What the server says of a file with this content, without starting one.</summary>
    internal static string FaultsOf(string content)
    {
        using var file = new ConfigFile(content);
        return string.Join('\n', Should.Throw<ConfigurationFaultsException>(
            () => EffectiveSettings.Read(ConfigurationTree.Load(file.Path, new Dictionary<string, string?>()))).Faults);
    }

    public void Dispose() => File.Delete(Path);
}

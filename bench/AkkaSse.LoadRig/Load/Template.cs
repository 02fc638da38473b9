using System.Globalization;

namespace AkkaSse.LoadRig.Load;

/// <summary>Paths, headers and bodies with <c>{s}</c> and <c>{c}</c> in them.</summary>
internal static class Template
{
    internal static string Fill(string template, int stream, int connection) => template
        .Replace("{s}", stream.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{c}", connection.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}

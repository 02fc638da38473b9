using System.Text.RegularExpressions;

namespace AkkaSse.Server.Configuration;

/// <summary>Tells a key with one underscore in place of two from variables that are none of the server's.</summary>
internal static partial class EnvironmentNames
{
    /// <summary>The name that was probably meant; null when the variable may be somebody else's.</summary>
    /// <param name="name">Of the variable, without the prefix; it has no double underscore.</param>
    /// <param name="value">Its value.</param>
    /// <param name="sections">The known sections.</param>
    internal static string? Misspelt(string name, string? value, IEnumerable<string> sections)
    {
        var end = name.IndexOf('_', StringComparison.Ordinal);
        if (end < 0 || !sections.Contains(name[..end], StringComparer.OrdinalIgnoreCase)) return null;
        // For a service named akkasse-hub Kubernetes sets AKKASSE_HUB_PORT=tcp://10.0.0.1:8080 and others.
        if (ServiceLink().IsMatch(name) && !(name.Length == end + "_PORT".Length && int.TryParse(value, out _))) return null;
        return name.Replace("_", "__", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$", RegexOptions.IgnoreCase)]
    private static partial Regex ServiceLink();
}

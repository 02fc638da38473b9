using System.Security.Cryptography.X509Certificates;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// The names of certificates: host names and addresses among the alternative ones. The common name counts for nothing, as in browsers.
/// Pure.
/// </summary>
internal static class TlsNames
{
    /// <summary>Whether it may stand in <see cref="AkkaTlsOptions.AllowedNames"/>.</summary>
    internal static bool IsName(string? name) =>
        Uri.CheckHostName(name is ['*', '.', .. var domain] ? domain : name) is not (UriHostNameType.Unknown or UriHostNameType.Basic);

    /// <summary>Whether a certificate is for a host.</summary>
    internal static bool Covers(X509Certificate2 certificate, string host) =>
        certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false);

    /// <summary>
    /// Whether a certificate has a name that is allowed. A certificate for <c>*.a.b</c> has all names below <c>a.b</c>, and has the allowed
    /// name <c>*.a.b</c>.
    /// </summary>
    internal static bool IsAllowed(X509Certificate2 certificate, IList<string> allowed) =>
        allowed.Count == 0 || allowed.Any(
            name => name is ['*', '.', .. var domain] ? HasBelow(certificate, domain) : Covers(certificate, name));

    /// <summary>
    /// The names of a certificate for people, or "no name". They are the stranger's words, cleaned and cut (<see cref="TlsText.Clean"/>).
    /// </summary>
    internal static string Of(X509Certificate2 certificate) =>
        TlsText.Clean(string.Join(
            ", ", [.. DnsNames(certificate), .. Alternative(certificate).SelectMany(static a => a.EnumerateIPAddresses())
            .Select(static a => a.ToString())])) is { Length: > 0 } names ? names : "no name";

    private static bool HasBelow(X509Certificate2 certificate, string domain) =>
        DnsNames(certificate).Any(name => name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && name[(dot + 1)..].Equals(
            domain, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> DnsNames(X509Certificate2 certificate) =>
        Alternative(certificate).SelectMany(static a => a.EnumerateDnsNames());

    private static IEnumerable<X509SubjectAlternativeNameExtension> Alternative(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>();
}

using System.Net;
using AkkaSse.Hub;

namespace AkkaSse.Server.Hosting;

/// <summary>One address to listen on, with the configuration key that named it.</summary>
internal readonly record struct ListenUrl(string Key, string Url, bool Loopback, bool H2c)
{
    /// <summary>The name or address in it; empty for a Unix socket.</summary>
    internal string Host { get; } = BindingAddress.Parse(Url) is { IsUnixPipe: false } address ? address.Host : "";
}

/// <summary>The addresses to listen on. Pure: it binds nothing.</summary>
internal sealed class ListenUrls
{
    internal const string Default = "http://localhost:8080";

    private ListenUrls(IReadOnlyList<ListenUrl> all) => All = all;

    internal IReadOnlyList<ListenUrl> All { get; }

    internal IEnumerable<ListenUrl> NotLoopback => All.Where(u => !u.Loopback);

    /// <summary>The names and addresses that the urls have, by which requests may ask for this server.</summary>
    internal IEnumerable<string> Hosts => All.Select(static u => u.Host)
        .Where(static h => !IsEveryAddress(h) && Uri.CheckHostName(h) != UriHostNameType.Unknown).Distinct();

    /// <summary>Whether a url means all addresses of this machine: a name that is not loopback does, too.</summary>
    internal bool AllAddresses => NotLoopback.Any(static u =>
        u.Host.Length > 0 && (IsEveryAddress(u.Host) || !IPAddress.TryParse(u.Host.Trim('[', ']'), out _)));

    /// <summary>Reads the keys that Kestrel reads, in its order: endpoints win over urls, urls over ports.</summary>
    internal static ListenUrls Read(IConfiguration configuration, IEnumerable<string> h2c, List<string> faults)
    {
        var found = new List<ListenUrl>();
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().ToList();
        foreach (var endpoint in endpoints) Add(found, $"{endpoint.Path}:Url", endpoint["Url"] ?? "", false, faults);
        if (endpoints.Count == 0)
        {
            var urls = configuration["urls"];
            if (!string.IsNullOrWhiteSpace(urls))
            {
                foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                    Add(found, "urls", url, false, faults);
            }
            else if (!AddPorts(configuration, found, faults))
            {
                Add(found, "urls", Default, false, faults);
            }
        }
        foreach (var url in h2c) Add(found, "Server:H2cUrls", url, true, faults);
        return new ListenUrls(found);
    }

    /// <summary>The endpoints as Kestrel's configuration section, which is what lets urls and h2c stand side by side.</summary>
    internal IEnumerable<KeyValuePair<string, string?>> AsKestrelEndpoints()
    {
        var number = 0;
        foreach (var url in All)
        {
            if (url.Key.StartsWith("Kestrel:", StringComparison.OrdinalIgnoreCase)) continue;
            var name = $"Kestrel:Endpoints:{(url.H2c ? "h2c" : "url")}{number++}";
            yield return new($"{name}:Url", url.Url);
            if (url.H2c) yield return new($"{name}:Protocols", "Http2");
        }
    }

    private static bool IsEveryAddress(string host) =>
        host is "*" or "+" || (IPAddress.TryParse(host.Trim('[', ']'), out var a)
            && (a.Equals(IPAddress.Any) || a.Equals(IPAddress.IPv6Any)));

    private static bool AddPorts(IConfiguration configuration, List<ListenUrl> found, List<string> faults)
    {
        foreach (var (key, scheme) in (ReadOnlySpan<(string, string)>)[("http_ports", "http"), ("https_ports", "https")])
        {
            foreach (var port in (configuration[key] ?? "").Split(
                ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                Add(found, key, $"{scheme}://*:{port}", false, faults);
        }
        return found.Count > 0;
    }

    private static void Add(List<ListenUrl> found, string key, string url, bool h2c, List<string> faults)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            if (!address.IsUnixPipe && address.Port is < 0 or > IPEndPoint.MaxPort) throw new FormatException();
            if (address.Scheme is not ("http" or "https") || address.PathBase.Length > 0 || (h2c && address.Scheme != "http"))
                throw new FormatException();
            // Kestrel binds both loopback addresses for "localhost", and listens on all addresses for any other name, one below it too.
            var loopback = address.IsUnixPipe
                || (HostNames.IsLoopback(address.Host) && !address.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));
            found.Add(new ListenUrl(key, url, loopback, h2c));
        }
        catch (FormatException)
        {
            faults.Add($"{key} is '{url}'; {(h2c ? "an http url" : "an http or https url")} like {Default} " +
                "or http://unix:/run/akkasse.sock is allowed, without a path and with a port of 0 to 65535.");
        }
    }
}

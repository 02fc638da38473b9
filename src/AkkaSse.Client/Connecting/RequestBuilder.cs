using System.Net.Http.Headers;

namespace AkkaSse.Client;

/// <summary>Makes the request of one attempt.</summary>
internal static class RequestBuilder
{
    private const string Authorization = "Authorization";
    private const string Cookie = "Cookie";
    private const string LastEventIdHeader = "Last-Event-ID";

    public static async ValueTask<HttpRequestMessage> BuildAsync(
        SseClientOptions options,
        SseRequestContext context,
        string? token,
        Redirect? redirect,
        HttpClient client,
        CancellationToken cancellationToken)
    {
        var request = options.RequestFactory is { } factory
            ? await factory(context, cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The request factory returned null.")
            : new HttpRequestMessage(HttpMethod.Get, context.Url)
            {
                Version = client.DefaultRequestVersion,
                VersionPolicy = client.DefaultVersionPolicy,
            };
        request.RequestUri ??= context.Url;
        var headers = request.Headers;
        if (headers.Accept.Count == 0)
        {
            headers.TryAddWithoutValidation("Accept", FailureRules.EventStream);
        }

        headers.CacheControl ??= new CacheControlHeaderValue { NoCache = true };
        foreach (var (name, value) in options.Headers)
        {
            Set(request, name, value);
        }

        if (token is not null)
        {
            headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (context.LastEventId.Length > 0)
        {
            headers.Remove(LastEventIdHeader);
            headers.TryAddWithoutValidation(LastEventIdHeader, context.LastEventId);
        }

        if (redirect is not null)
        {
            Apply(request, redirect);
        }

        return request;
    }

    /// <summary>The URL with exactly one <c>stream</c> parameter; the rest of the query stays as it is.</summary>
    public static Uri WithStream(Uri url, string stream)
    {
        var kept = url.Query.TrimStart('?')
            .Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(p => p.Split('=')[0] != "stream")
            .Append("stream=" + Uri.EscapeDataString(stream));
        return new UriBuilder(url) { Query = string.Join('&', kept) }.Uri;
    }

    private static void Set(HttpRequestMessage request, string name, string value)
    {
        if (!TrySet(request.Headers, name, value) && request.Content is { } content)
        {
            // A content header, such as Content-Type, has its place on the body.
            TrySet(content.Headers, name, value);
        }
    }

    private static bool TrySet(HttpHeaders headers, string name, string value)
    {
        // Remove throws for a name that belongs to the other collection; what is contained does not.
        if (headers.NonValidated.Contains(name))
        {
            headers.Remove(name);
        }

        return headers.TryAddWithoutValidation(name, value);
    }

    private static void Apply(HttpRequestMessage request, Redirect redirect)
    {
        request.RequestUri = redirect.Target;
        if (redirect.AsGet)
        {
            request.Method = request.Method == HttpMethod.Head ? HttpMethod.Head : HttpMethod.Get;
            request.Content = null;
        }

        if (redirect.CrossOrigin)
        {
            request.Headers.Remove(Authorization);
            request.Headers.Remove(Cookie);
        }
    }

    /// <summary>Where a redirect leads. Once across origins, what belongs to the first origin stays dropped.</summary>
    internal sealed record Redirect(Uri Target, bool AsGet, bool CrossOrigin);
}

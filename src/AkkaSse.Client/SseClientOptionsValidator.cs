using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>The rules of <see cref="SseClientOptions"/>. Every message says what is allowed.</summary>
internal static class SseClientOptionsValidator
{
    public static void Validate(SseClientOptions o)
    {
        if (o.Url is null && o.RequestFactory is null)
        {
            throw Invalid("A Url or a RequestFactory is needed.", nameof(SseClientOptions.Url));
        }

        if (o.Url is not null)
        {
            CheckUrl(o.Url, nameof(SseClientOptions.Url));
        }

        if (o.HttpClient is not null && o.Handler is not null)
        {
            throw Invalid("Either HttpClient or Handler may be given, not both.", nameof(SseClientOptions.Handler));
        }

        var foreign = o.HttpClient is not null || o.Handler is not null || o.HttpClientFactory is not null;
        if (foreign && (o.SkipTlsVerification || o.Proxy is not null))
        {
            throw Invalid(
                "SkipTlsVerification and Proxy belong to the built-in handler; set them on your own handler instead.",
                nameof(SseClientOptions.SkipTlsVerification));
        }

        ArgumentNullException.ThrowIfNull(o.LastEventId, nameof(SseClientOptions.LastEventId));
        ArgumentNullException.ThrowIfNull(o.Reconnect, nameof(SseClientOptions.Reconnect));
        ArgumentNullException.ThrowIfNull(o.TimeProvider, nameof(SseClientOptions.TimeProvider));
        if (o.LastEventId.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            throw Invalid("LastEventId contains CR, LF or NUL; any other text is allowed.", nameof(SseClientOptions.LastEventId));
        }

        Between(o.MaxRedirects, 0, 100, nameof(SseClientOptions.MaxRedirects));
        Between(o.BufferSize, 1, 1_000_000, nameof(SseClientOptions.BufferSize));
        Between(o.MaxEventBytes, 1, SseParserOptions.LargestBound, nameof(SseClientOptions.MaxEventBytes));
        Between(o.MaxLineBytes, 1, SseParserOptions.LargestBound, nameof(SseClientOptions.MaxLineBytes));
        Between(o.MaxAttempts ?? 1, 1, int.MaxValue, nameof(SseClientOptions.MaxAttempts));
        Time(o.DefaultRetry, TimeSpan.Zero, nameof(SseClientOptions.DefaultRetry));
        Time(o.MinRetry, TimeSpan.Zero, nameof(SseClientOptions.MinRetry));
        Time(o.MaxRetry, TimeSpan.Zero, nameof(SseClientOptions.MaxRetry));
        Time(o.StableAfter, TimeSpan.Zero, nameof(SseClientOptions.StableAfter));
        Time(o.MaxReconnectTime ?? TimeSpan.Zero, TimeSpan.Zero, nameof(SseClientOptions.MaxReconnectTime));
        Time(o.IdleTimeout ?? TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1), nameof(SseClientOptions.IdleTimeout));
        if (o.ConnectTimeout != Timeout.InfiniteTimeSpan)
        {
            Time(o.ConnectTimeout, TimeSpan.FromMilliseconds(1), nameof(SseClientOptions.ConnectTimeout));
        }

        foreach (var (name, value) in o.Headers)
        {
            if (name.Length == 0 || (value ?? "").AsSpan().ContainsAny('\r', '\n', '\0'))
            {
                throw Invalid($"The header '{name}' has an empty name, or CR, LF or NUL in its value.", nameof(SseClientOptions.Headers));
            }
        }
    }

    public static void CheckUrl(Uri url, string name)
    {
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"'{url}' is not an absolute http or https URL.", name);
        }
    }

    private static ArgumentException Invalid(string message, string name) => new(message, name);

    private static void Between(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{least} to {most} is allowed.");
        }
    }

    private static void Time(TimeSpan value, TimeSpan least, string name)
    {
        if (value < least || value.TotalMilliseconds > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{least.TotalMilliseconds} to 2147483647 ms is allowed.");
        }
    }
}

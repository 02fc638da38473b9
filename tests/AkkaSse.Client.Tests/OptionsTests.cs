namespace AkkaSse.Client.Tests;

[Trait("parity", "CFG-19")]
public sealed class OptionsTests
{
    public static TheoryData<string, Action<SseClientOptions>> Senseless => new()
    {
        { "no url", o => o.Url = null },
        { "ftp", o => o.Url = new Uri("ftp://x/") },
        { "two http sources", o => { o.HttpClient = new HttpClient(); o.Handler = new SocketsHttpHandler(); } },
        { "tls switch on a foreign handler", o => { o.Handler = new SocketsHttpHandler(); o.SkipTlsVerification = true; } },
        { "newline in the id", o => o.LastEventId = "a\nb" },
        { "newline in a header", o => o.Headers["X"] = "a\r\nY: 1" },
        { "no buffer", o => o.BufferSize = 0 },
        { "no attempts", o => o.MaxAttempts = 0 },
        { "negative retry", o => o.DefaultRetry = TimeSpan.FromTicks(-1) },
        { "negative least retry", o => o.MinRetry = TimeSpan.FromTicks(-1) },
        { "endless least retry", o => o.MinRetry = TimeSpan.MaxValue },
        { "negative proof", o => o.StableAfter = TimeSpan.FromTicks(-1) },
        { "endless proof", o => o.StableAfter = Timeout.InfiniteTimeSpan },
        { "endless retry", o => o.MaxRetry = TimeSpan.MaxValue },
        { "no idle time", o => o.IdleTimeout = TimeSpan.Zero },
        { "no connect time", o => o.ConnectTimeout = TimeSpan.Zero },
        { "no event", o => o.MaxEventBytes = 0 },
        { "huge line", o => o.MaxLineBytes = int.MaxValue },
        { "redirects", o => o.MaxRedirects = -1 },
    };

    [Theory]
    [MemberData(nameof(Senseless))]
    public void Senseless_settings_are_refused_when_the_client_is_made(string what, Action<SseClientOptions> set)
    {
        var options = new SseClientOptions { Url = new Uri("http://127.0.0.1/") };
        set(options);
        Should.Throw<ArgumentException>(() => new SseClient(options), what);
    }
}

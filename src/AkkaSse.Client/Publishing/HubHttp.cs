using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace AkkaSse.Client;

/// <summary>Posts to the hub: headers, token with one refresh, timeout, whole answer. Thread-safe.</summary>
internal sealed class HubHttp(SseHubClientOptions options, Func<HttpClient> clients)
{
    private static readonly MediaTypeHeaderValue JsonLines = new("application/x-ndjson");

    // 10 000 answers of the longest kind stay far below; more is no hub.
    private const int MaxAnswerBytes = 64 * 1024 * 1024;
    private const int ReadBytes = 16 * 1024;

    private readonly Uri _base = options.BaseAddress!.AbsoluteUri.EndsWith('/')
        ? options.BaseAddress
        : new Uri(options.BaseAddress.AbsoluteUri + "/");

    public Uri BaseAddress => _base;

    /// <summary>Sends a body once; the answer's body goes into <paramref name="buffer"/>.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the server may or may not have acted.</exception>
    public async Task<HubAnswer> PostAsync(
        string path, ReadOnlyMemory<byte> body, string? key, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        using var limit = new LinkedSource(options.RequestTimeout, options.TimeProvider, cancellationToken);
        try
        {
            return await SendAsync(new Uri(_base, path), body, key, buffer, limit.Token).ConfigureAwait(false);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Lost($"No answer within {options.RequestTimeout.TotalMilliseconds} ms.", true);
        }
        catch (HttpRequestException e)
        {
            var reached = e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);
            return Lost(e.Message, reached);
        }
        catch (IOException e)
        {
            return Lost(e.Message, true);
        }
    }

    private static HubAnswer Lost(string error, bool mayHaveApplied) => new(null, default, error, null, mayHaveApplied);

    private async Task<HubAnswer> SendAsync(
        Uri url, ReadOnlyMemory<byte> body, string? key, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        var context = new SseRequestContext(url, 1, "");
        var token = options.TokenProvider is { } provider ? await provider(context, cancellationToken).ConfigureAwait(false) : null;
        var client = clients();
        for (var refreshed = token is null; ; refreshed = true)
        {
            using var request = Request(client, url, body, key, token);
            using var response =
                await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !refreshed)
            {
                token = await options.TokenProvider!(context with { RefreshToken = true }, cancellationToken).ConfigureAwait(false);
                continue;
            }

            await ReadAsync(response, buffer, cancellationToken).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            var retryAfter = RetryAfter.Read(response, options.TimeProvider.GetUtcNow(), options.RetryTimeout);
            return new HubAnswer(status, buffer.WrittenMemory, null, retryAfter, status is 408 or 500 or 502 or 504);
        }
    }

    private HttpRequestMessage Request(HttpClient client, Uri url, ReadOnlyMemory<byte> body, string? key, string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
            Content = new ReadOnlyMemoryContent(body),
        };
        request.Content.Headers.ContentType = JsonLines;
        foreach (var (name, value) in options.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation(HubNames.KeyHeader, key);
        }

        return request;
    }

    private static async Task ReadAsync(HttpResponseMessage response, ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        buffer.ResetWrittenCount();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        int read;
        while ((read = await stream.ReadAsync(buffer.GetMemory(ReadBytes), cancellationToken).ConfigureAwait(false)) > 0)
        {
            buffer.Advance(read);
            if (buffer.WrittenCount > MaxAnswerBytes)
            {
                throw new IOException($"The answer is longer than {MaxAnswerBytes} bytes.");
            }
        }
    }
}

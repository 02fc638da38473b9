using System.Net;
using System.Text;

namespace AkkaSse.Client;

/// <summary>
/// Makes one attempt: token, request, redirects, response check. Thread-safe; attempts share nothing but the HTTP client.
/// </summary>
internal sealed class Connector(SseClientOptions options, Func<HttpClient> clients)
{
    private const int BodyBytes = 1024;

    // A refused response may have a body that never ends; its beginning is worth a moment, no more.
    private static readonly TimeSpan BodyTime = TimeSpan.FromSeconds(1);

    /// <summary>Either a connection or a failure.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<(HttpResponseMessage? Response, SseClientException? Error)> ConnectAsync(
        SseRequestContext context, CancellationToken cancellationToken)
    {
        using var attempt = new LinkedSource(options.ConnectTimeout, options.TimeProvider, cancellationToken);
        try
        {
            return await SendAsync(context, attempt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException e)
        {
            // Either our own limit or the Timeout of a caller's HttpClient.
            var limit = attempt.Token.IsCancellationRequested ? $" within {options.ConnectTimeout.TotalMilliseconds} ms" : " in time";
            return (null, Failure(SseFailure.ConnectTimeout, $"The server did not answer{limit}.", e));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // A torn-down connection may report the tearing instead of the cancellation that caused it.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (HttpRequestException e) when (IsEncodingRefusal(e, context.LastEventId))
        {
            const string Hint = "The last event id is not ASCII; a handler of your own needs a RequestHeaderEncodingSelector "
                + "that sends Last-Event-ID as UTF-8.";
            return (null, Failure(SseFailure.Request, Hint, e));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            return (null, Failure(SseFailure.Connect, $"The server could not be reached: {e.Message}", e));
        }
        catch (Exception e)
        {
            return (null, Failure(SseFailure.Request, $"The request could not be made: {e.Message}", e));
        }
    }

    /// <summary>
    /// .NET refuses to write such a header before it sends anything; that has no cause beneath it and would be so on every attempt.
    /// </summary>
    private static bool IsEncodingRefusal(HttpRequestException e, string lastEventId) =>
        e is { HttpRequestError: HttpRequestError.Unknown, InnerException: null, StatusCode: null } && !Ascii.IsValid(lastEventId);

    private async ValueTask<(HttpResponseMessage? Response, SseClientException? Error)> SendAsync(
        SseRequestContext context, CancellationToken cancellationToken)
    {
        var client = clients();
        var token = options.TokenProvider is { } provider ? await provider(context, cancellationToken).ConfigureAwait(false) : null;
        var refreshed = options.TokenProvider is null;
        RequestBuilder.Redirect? redirect = null;
        var redirects = 0;
        while (true)
        {
            using var request =
                await RequestBuilder.BuildAsync(options, context, token, redirect, client, cancellationToken).ConfigureAwait(false);
            var response =
                await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            var keep = false;
            try
            {
                if (response.StatusCode == HttpStatusCode.Unauthorized && !refreshed)
                {
                    refreshed = true;
                    token = await options.TokenProvider!(context with { RefreshToken = true }, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                if (FailureRules.IsRedirect(response.StatusCode) && response.Headers.Location is { } location)
                {
                    if (!TryRedirect(request, response.StatusCode, location, redirect, ref redirects, out redirect, out var refusal))
                    {
                        return (null, refusal);
                    }

                    continue;
                }

                var error = await CheckAsync(response, cancellationToken).ConfigureAwait(false);
                keep = error is null;
                return (keep ? response : null, error);
            }
            finally
            {
                if (!keep)
                {
                    response.Dispose();
                }
            }
        }
    }

    private bool TryRedirect(
        HttpRequestMessage request,
        HttpStatusCode status,
        Uri location,
        RequestBuilder.Redirect? previous,
        ref int redirects,
        out RequestBuilder.Redirect? next,
        out SseClientException? error)
    {
        next = null;
        error = null;
        var from = request.RequestUri!;
        var target = location.IsAbsoluteUri ? location : new Uri(from, location);
        if (++redirects > options.MaxRedirects)
        {
            error = Failure(SseFailure.Redirect, $"More than {options.MaxRedirects} redirects.", status: status);
            return false;
        }

        if (target.Scheme is not ("http" or "https") || (from.Scheme == "https" && target.Scheme == "http"))
        {
            error = Failure(SseFailure.Redirect, $"A redirect from {from.Scheme} to {target.Scheme} is not followed.", status: status);
            return false;
        }

        // The method changes as in the Fetch standard, section 4.4: 303 always, 301 and 302 for POST only.
        var asGet = previous?.AsGet == true
            || status == HttpStatusCode.SeeOther
            || (request.Method == HttpMethod.Post && status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found);
        var crossOrigin = previous?.CrossOrigin == true
            || Uri.Compare(from, target, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) != 0;
        next = new RequestBuilder.Redirect(target, asGet, crossOrigin);
        return true;
    }

    private async ValueTask<SseClientException?> CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (options.ResponseValidator is { } validator)
        {
            return await validator(response, cancellationToken).ConfigureAwait(false);
        }

        var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : null;
        if (FailureRules.Check(response.StatusCode, contentType, options.AcceptCreated) is not { } failure)
        {
            return null;
        }

        var status = $"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();
        var message = failure switch
        {
            SseFailure.NoContent => $"The server answered {status}: it asks not to come back.",
            SseFailure.ContentType =>
                $"The server answered {status} with the content type '{contentType}', not {FailureRules.EventStream}.",
            _ => $"The server answered {status}.",
        };
        var retryAfter = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
            ? RetryAfter.Read(response, options.TimeProvider.GetUtcNow(), options.MaxRetry)
            : null;
        var body = failure == SseFailure.NoContent ? null : await ReadBeginningAsync(response, cancellationToken).ConfigureAwait(false);
        return Failure(failure, message, null, response.StatusCode, contentType, body, retryAfter);
    }

    private async ValueTask<string?> ReadBeginningAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var linked = new LinkedSource(BodyTime, options.TimeProvider, cancellationToken);
        var bytes = new byte[BodyBytes];
        var count = 0;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(linked.Token).ConfigureAwait(false);
            int read;
            while (count < bytes.Length && (read = await stream.ReadAsync(bytes.AsMemory(count), linked.Token).ConfigureAwait(false)) > 0)
            {
                count += read;
            }
        }
        catch (Exception e) when (
            !cancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException or HttpRequestException)
        {
            // The body is only told for people to read; what arrived of it is enough.
        }

        return count == 0 ? null : Encoding.UTF8.GetString(bytes, 0, count);
    }

    private SseClientException Failure(
        SseFailure failure,
        string message,
        Exception? inner = null,
        HttpStatusCode? status = null,
        string? contentType = null,
        string? body = null,
        TimeSpan? retryAfter = null) => new(failure, message, inner)
        {
            IsPermanent = FailureRules.IsPermanent(options.Permanent, failure, status),
            StatusCode = status,
            ContentType = contentType,
            Body = body,
            RetryAfter = retryAfter,
        };
}

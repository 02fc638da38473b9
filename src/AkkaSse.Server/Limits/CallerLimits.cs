using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Security;
using AkkaSse.Server.Security.Tokens;

namespace AkkaSse.Server.Limits;

/// <summary>
/// Holds callers to <see cref="LimitSettings"/>, each node for itself. What is refused has changed nothing, and what is open stays open.
/// Thread-safe.
/// </summary>
internal sealed class CallerLimits(EffectiveSettings settings, IHubEdge edge, IHubErrorWriter errors) : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly PartitionedRateLimiter<string>? _connects = Limiter(settings.Limits.Connects, settings.Limits.Burst);
    private readonly PartitionedRateLimiter<string>? _publishes = Limiter(settings.Limits.Publishes, settings.Limits.Burst);
    private readonly PartitionedRateLimiter<string>? _bytes = Limiter(settings.Limits.PublishBytes, settings.Limits.Burst);
    private readonly int _mostBytes = MostOf(settings.Limits.PublishBytes ?? 0, settings.Limits.Burst);

    /// <summary>After authentication: who the caller is decides what counts.</summary>
    internal static void Use(WebApplication app, EffectiveSettings settings)
    {
        if (!settings.Limits.IsGiven) return;
        var limits = app.Services.GetRequiredService<CallerLimits>();
        app.Use(next => context => limits.CheckAsync(context, next));
    }

    public void Dispose()
    {
        _connects?.Dispose();
        _publishes?.Dispose();
        _bytes?.Dispose();
    }

    private Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.IsSseEventStream() == true)
            return IsOver(_connects, context, 1, out var wait) ? RefuseAsync(context, "Connects", wait, isStream: true) : next(context);
        if (endpoint?.IsSsePublish() != true) return next(context);
        if (IsOver(_publishes, context, 1, out var publishWait)) return RefuseAsync(context, "Publishes", publishWait);
        var size = context.Request.ContentLength ?? edge.Options.MaxEventBytes;
        return IsOver(_bytes, context, (int)Math.Min(size, _mostBytes), out var bytesWait)
            ? RefuseAsync(context, "PublishBytes", bytesWait)
            : next(context);
    }

    private static bool IsOver(PartitionedRateLimiter<string>? limiter, HttpContext context, int count, out TimeSpan wait)
    {
        wait = Second;
        if (limiter is null || count == 0) return false;
        using var lease = limiter.AttemptAcquire(Caller(context), count);
        if (lease.IsAcquired) return false;
        if (lease.TryGetMetadata(MetadataName.RetryAfter, out var after)) wait = after;
        return true;
    }

    private Task RefuseAsync(HttpContext context, string key, TimeSpan wait, bool isStream = false)
    {
        // Spread: those that were refused together do not come back together.
        if (isStream && IsBrowser(context.Request))
        {
            return BrowserEnd.WriteAsync(
                context, "limit", wait + edge.RefusalRetry(), StatusCodes.Status429TooManyRequests, HubErrorCodes.LimitReached);
        }
        context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return errors.WriteAsync(context, StatusCodes.Status429TooManyRequests, HubErrorCodes.LimitReached,
            $"The caller has reached {LimitSettings.Section}:{key}; nothing was changed.");
    }

    private static bool IsBrowser(HttpRequest request) =>
        request.Query["browser"] is { Count: 1 } said ? said == "1" || said == "true" : request.Headers["Sec-Fetch-Dest"] == "empty";

    private static string Caller(HttpContext context) =>
        context.User is { Identity.IsAuthenticated: true } user && user.FindFirst(ClaimTypes.NameIdentifier) is { } subject
            ? "subject:" + subject.Value
            : "address:" + (context.Connection.RemoteIpAddress is { } address ? TokenAttempts.Key(address).ToString() : "");

    private static PartitionedRateLimiter<string>? Limiter(int? rate, TimeSpan burst) => rate is not { } perSecond
        ? null
        : PartitionedRateLimiter.Create<string, string>(caller => RateLimitPartition.GetTokenBucketLimiter(caller, _ =>
            new TokenBucketRateLimiterOptions
            {
                TokenLimit = MostOf(perSecond, burst),
                TokensPerPeriod = perSecond,
                ReplenishmentPeriod = Second,
                QueueLimit = 0,
            }), StringComparer.Ordinal);

    private static int MostOf(int perSecond, TimeSpan burst) => (int)Math.Min(int.MaxValue, (long)(perSecond * burst.TotalSeconds));
}

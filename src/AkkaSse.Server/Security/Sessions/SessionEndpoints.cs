using System.Security.Claims;
using System.Threading.RateLimiting;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Configuration;
using Microsoft.AspNetCore.Authentication;

namespace AkkaSse.Server.Security.Sessions;

/// <summary><c>/v1/session</c>, <c>/v1/tickets</c> and <c>/v1/sessions</c>: how browsers authenticate, and how that ends.</summary>
internal sealed partial class SessionEndpoints(
    EffectiveSettings settings, TicketStore tickets, Revocations revocations, IHubErrorWriter errors, IHubEdge edge, TimeProvider time,
    ILogger<SessionEndpoints> logger) : IDisposable
{
    /// <summary>
    /// Tickets that a subject gets at once from one node, and per second from then on: each lies in the engine for as long as it lives, an
    /// hour unless configured, and has about 600 bytes.
    /// </summary>
    internal const int TicketBurst = 100, TicketsPerSecond = 10;

    private readonly PartitionedRateLimiter<string> _issuing = PartitionedRateLimiter.Create<string, string>(
        static subject => RateLimitPartition.GetTokenBucketLimiter(subject, static _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = TicketBurst,
            TokensPerPeriod = TicketsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        }), StringComparer.Ordinal);

    public void Dispose() => _issuing.Dispose();

    internal static void Map(WebApplication app)
    {
        var endpoints = app.Services.GetRequiredService<SessionEndpoints>();
        var group = app.MapGroup("/v1").RequireAuthorization(GrantPolicies.Known);
        group.MapPost("/session", endpoints.SignInAsync).WithSseHubAudit(HubAuditKind.Session);
        group.MapGet("/session", endpoints.ShowAsync);
        group.MapDelete("/session", endpoints.SignOutAsync).WithSseHubAudit(HubAuditKind.Session);
        group.MapPost("/tickets", endpoints.IssueTicketAsync).WithSseHubAudit(HubAuditKind.Ticket);
        group.MapDelete("/sessions/{subject}", context => endpoints.RevokeAsync(context, context.Request.RouteValues["subject"] as string))
            .WithSseHubAudit(HubAuditKind.Revoke);
        group.MapDelete("/sessions", endpoints.RevokeInQueryAsync).WithSseHubAudit(HubAuditKind.Revoke);
    }

    private async Task SignInAsync(HttpContext context)
    {
        if (!settings.HasSessions)
        {
            await errors.WriteAsync(context, StatusCodes.Status501NotImplemented, HubErrorCodes.SessionsOff,
                "Sessions of several nodes need a directory with keys that all of them have (Auth:KeyDirectory).");
            return;
        }
        if (SessionCookie.IsUsed(context))
        {
            await errors.WriteAsync(context, StatusCodes.Status403Forbidden, HubErrorCodes.Forbidden,
                "A session is made with a bearer token, and not with a session.");
            return;
        }
        var expires = await SessionCookie.SignInAsync(context, settings.Auth.SessionLifetime, time.GetUtcNow());
        await AnswerAsync(context, StatusCodes.Status201Created, new { subject = Subject(context), expires });
    }

    private Task ShowAsync(HttpContext context) => AnswerAsync(context, StatusCodes.Status200OK, new
    {
        subject = Subject(context),
        expires = Expires(context),
        grants = context.User.FindAll(Grant.ClaimType).Select(static c => c.Value).ToList(),
    });

    private async Task SignOutAsync(HttpContext context)
    {
        await context.SignOutAsync(SessionCookie.Scheme);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task IssueTicketAsync(HttpContext context)
    {
        using var lease = _issuing.AttemptAcquire(Subject(context));
        if (!lease.IsAcquired)
        {
            context.Response.Headers.RetryAfter = "1";
            await errors.WriteAsync(context, StatusCodes.Status429TooManyRequests, HubErrorCodes.LimitReached,
                $"{TicketBurst} tickets of a subject at once, and {TicketsPerSecond} per second, are allowed; no ticket was made.");
            return;
        }
        if (await tickets.IssueAsync(context.User, Expires(context)) is not { } ticket)
        {
            await UnavailableAsync(context, "The engine is away; no ticket was made.");
            return;
        }
        await AnswerAsync(context, StatusCodes.Status201Created, new
        {
            ticket = ticket.Ticket,
            expires = ticket.Expires,
            useBefore = ticket.UseBefore,
        });
    }

    private Task RevokeInQueryAsync(HttpContext context)
    {
        var given = context.Request.Query["subject"];
        return given.Count <= 1
            ? RevokeAsync(context, given)
            : errors.WriteAsync(context, StatusCodes.Status400BadRequest, HubErrorCodes.ParameterInvalid,
                "The parameter 'subject' is given more than once; once is allowed.");
    }

    private async Task RevokeAsync(HttpContext context, string? subject)
    {
        // The server leaves an encoded slash of a path as it stands: it would be the name of another subject.
        if (context.Request.RouteValues.ContainsKey("subject") && subject?.Contains("%2F", StringComparison.OrdinalIgnoreCase) == true)
        {
            await errors.WriteAsync(context, StatusCodes.Status400BadRequest, HubErrorCodes.NameInvalid,
                "subject: an encoded slash is not allowed in the path; DELETE /v1/sessions?subject= takes it.");
            return;
        }
        if (HubNames.Check(subject) is { } wrong)
        {
            await errors.WriteAsync(context, StatusCodes.Status400BadRequest, HubErrorCodes.NameInvalid, "subject: " + wrong);
            return;
        }
        context.Features.Get<IHubAuditFeature>()?.SetTarget(subject!);
        // Everybody may end what was issued to itself, after a lost device for example.
        if (subject != Subject(context) && !context.User.May("sessions", subject))
        {
            await errors.WriteAsync(context, StatusCodes.Status403Forbidden, HubErrorCodes.Forbidden,
                "The credential does not grant this call; it needs the verb sessions, but for its own subject.");
            return;
        }
        var isLimited = !context.User.MayList("sessions", prefix: null);
        using var lease = _issuing.AttemptAcquire("revoke " + Subject(context));
        if (isLimited && !lease.IsAcquired)
        {
            context.Response.Headers.RetryAfter = "1";
            await errors.WriteAsync(context, StatusCodes.Status429TooManyRequests, HubErrorCodes.LimitReached,
                $"{TicketBurst} revocations at once, and {TicketsPerSecond} per second, are allowed; nothing was revoked.");
            return;
        }
        switch (await revocations.AddAsync(subject!, isLimited))
        {
            case RevocationResult.Done:
                LogRevoked(logger, subject!, Subject(context));
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            case RevocationResult.Full:
                context.Response.Headers.RetryAfter = "60";
                await errors.WriteAsync(context, StatusCodes.Status429TooManyRequests, HubErrorCodes.LimitReached,
                    $"{(isLimited ? Revocations.MaxLimitedEntries : Revocations.MaxEntries)} revocations are remembered, each for "
                    + $"{Durations.Format(settings.Auth.RevocationMemory)} (Auth:RevocationMemory), which is what is allowed; nothing was "
                    + "revoked.");
                return;
            case RevocationResult.Busy:
                await UnavailableAsync(context, "Too many others revoke at the same time; nothing was revoked.");
                return;
            default:
                await UnavailableAsync(context, "The engine is away; whether the credentials are revoked cannot be said now.");
                return;
        }
    }

    private Task UnavailableAsync(HttpContext context, string message)
    {
        context.Response.Headers.RetryAfter = ((int)Math.Ceiling(edge.RefusalRetry().TotalSeconds)).ToString(
            System.Globalization.CultureInfo.InvariantCulture);
        return errors.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, HubErrorCodes.EngineUnavailable, message);
    }

    private static Task AnswerAsync<T>(HttpContext context, int status, T answer)
    {
        context.Response.StatusCode = status;
        // It has a secret in it, or says who is asking.
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(answer, context.RequestAborted);
    }

    private static string Subject(HttpContext context) => context.User.FindFirst(ClaimTypes.NameIdentifier)!.Value;

    private static DateTimeOffset? Expires(HttpContext context) =>
        context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;

    [LoggerMessage(3130, LogLevel.Information, "Sessions, tickets and earlier tokens of {Subject} were revoked by {By}")]
    private static partial void LogRevoked(ILogger logger, string subject, string by);
}

using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Description;
using AkkaSse.Server.Health;
using AkkaSse.Server.Limits;
using AkkaSse.Server.Metrics;
using AkkaSse.Server.Page;
using AkkaSse.Server.Security;
using AkkaSse.Server.Security.Sessions;
using AkkaSse.Server.Security.Tokens;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;

namespace AkkaSse.Server.Hosting;

/// <summary>Puts the projects together: hub, edges, guard, health, metrics, page.</summary>
internal static partial class ServerHost
{
    /// <summary>The name of the hub's meter and activity source.</summary>
    internal const string Meters = "AkkaSse";

    internal static async Task<int> RunAsync(EffectiveSettings settings)
    {
        if (settings.Server.WarmUp > TimeSpan.Zero && settings.Server.LogFormat == LogFormat.Text)
            Console.WriteLine($"AkkaSse {ServerVersion.Text} warms up before it listens, for some seconds (--warm-up 0 leaves it out)");
        // Before anything listens to the hub's metrics.
        var warmUp = await WarmUp.RunAsync(settings);
        WebApplication app;
        try
        {
            app = Build(settings);
        }
        catch (Exception e)
        {
            throw StartFailures.Of(e, settings);
        }
        await using (app)
        {
            if (warmUp is not null) LogNotWarm(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("AkkaSse.Server"), warmUp);
            if (!await StartAsync(app, settings)) return ExitCodes.Ok;
            Announce(app, settings);
            var refused = app.Services.GetRequiredService<SseHub>().EngineRefused;
            if (await Task.WhenAny(app.WaitForShutdownAsync(), refused) == refused) await app.StopAsync();
            return refused.IsCompleted ? throw StartFailures.Of(await refused, settings) : ExitCodes.Ok;
        }
    }

    /// <summary>False when a signal has ended the start.</summary>
    private static async Task<bool> StartAsync(WebApplication app, EffectiveSettings settings)
    {
        try
        {
            await app.StartAsync();
            return true;
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            LogStartFailed(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("AkkaSse.Server"), e);
            throw StartFailures.Of(e, settings);
        }
    }

    private static WebApplication Build(EffectiveSettings settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = "AkkaSse.Server",
            EnvironmentName = settings.Tree.Environment,
            ContentRootPath = AppContext.BaseDirectory,
        });
        // One tree for everybody, so that what `config` prints is what Kestrel and the logger read too.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(settings.Tree.Root);
        builder.Configuration.AddInMemoryCollection(
            [.. settings.Urls.AsKestrelEndpoints(), new("urls", ""), new("http_ports", ""), new("https_ports", "")]);
        AddLogging(builder, settings);
        KestrelSetup.Apply(builder, settings);
        Telemetry.Add(builder, settings);
        AddServices(builder, settings);

        var app = builder.Build();
        // Before the hub counts anything: what happens without a listener is not counted.
        app.Services.GetRequiredService<MeterProvider>();
        app.Services.GetRequiredService<ServerMetrics>();
        Proxies.Use(app, settings);
        if (settings.Server.AccessLog) app.UseMiddleware<AccessLog>();
        Guard.Use(app, settings);
        if (settings.Server.CorsOrigins.Count > 0) app.UseCors();
        app.Use(NotFoundAsync);
        if (settings.Authenticated)
        {
            app.UseAuthentication();
            Guard.UseForSessions(app, settings);
            app.UseAuthorization();
        }
        HubRoutes.Map(app, settings);
        if (settings.Authenticated) SessionEndpoints.Map(app);
        // Says nothing that the documentation does not say: nobody has to authenticate.
        app.MapApiDocument();
        app.MapHealth();
        var metrics = app.MapMetrics();
        if (settings.Authenticated) metrics.RequireAuthorization(GrantPolicies.Observe);
        // For pages elsewhere too, so it does not depend on the page here.
        app.MapSseBrowserClient().AllowAnonymous();
        if (settings.Server.Page) app.MapPage();
        return app;
    }

    // Behind routing: what no route was found for. Without a frame of its own, because all requests come through here.
    private static Task NotFoundAsync(HttpContext context, RequestDelegate next) => context.GetEndpoint() is null
        ? context.RequestServices.GetRequiredService<IHubErrorWriter>().WriteAsync(
            context, 404, HubErrorCodes.NotFound, "There is nothing at this path; docs/http-api.md lists the API.")
        : next(context);

    private static void AddServices(WebApplicationBuilder builder, EffectiveSettings settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Readiness>();
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<ServiceManager>();
        services.AddSingleton<IHostLifetime, SignalLifetime>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Hub.DrainWindow + settings.Server.ShutdownGrace
            + (settings.Server.Engine == "akka" ? settings.Akka.LeaveLimit : TimeSpan.Zero));
        HubRoutes.AddHub(services, settings);
        AddLimits(services, settings.Limits, settings.Hub);
        ApiDocument.Add(services);
        if (settings.Authenticated) GrantPolicies.Add(services, settings);
        if (settings.Server.CorsOrigins.Count > 0)
        {
            services.AddCors(cors => cors.AddDefaultPolicy(policy =>
            {
                policy.WithOrigins([.. settings.Server.CorsOrigins])
                    .WithMethods([.. settings.Server.CorsMethods])
                    .WithHeaders(["last-event-id", "idempotency-key", "content-type", "authorization", "cache-control",
                        .. settings.Server.CorsHeaders])
                    .WithExposedHeaders("Retry-After")
                    // The longest that browsers keep a preflight's answer.
                    .SetPreflightMaxAge(TimeSpan.FromHours(2));
                if (settings.Server.CorsCredentials) policy.AllowCredentials();
            }));
        }
    }

    private static void AddLimits(IServiceCollection services, LimitSettings limits, HubOptions hub)
    {
        if (!limits.IsGiven) return;
        services.AddSingleton(limits);
        services.AddSingleton<IHubQuota>(provider => new HubLimits(
            limits, provider.GetRequiredService<TimeProvider>(), provider.GetService<ClusterQuota>(), hub));
        if (limits.ClusterPublishes is null) return;
        services.AddSingleton<ClusterQuota>();
        services.AddHostedService<ClusterExchange>();
    }

    private static void AddLogging(WebApplicationBuilder builder, EffectiveSettings settings)
    {
        builder.Logging.ClearProviders();
        // A start that fails is told once, in a sentence, by the command; the host would add the stack.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        // Two lines for each request without a right token, however many come; TokenAttempts tells of them.
        builder.Logging.AddFilter(typeof(BearerHandler).FullName, LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Authentication", LogLevel.Warning);
        // Warns at each start that keys in memory end with the process, and that those in a directory are protected by its rights alone.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // No format writes scopes unless it is told to, and the server opens one per connection: 150 bytes for as long as it is open.
        if (!WritesScopes(builder.Configuration.GetSection("Logging")))
            builder.Logging.Services.Configure<LoggerFilterOptions>(static o => o.CaptureScopes = false);
        if (settings.Server.LogFormat == LogFormat.Json)
        {
            builder.Logging.AddJsonConsole(o => (o.UseUtcTimestamp, o.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        }
        else
        {
            builder.Logging.AddSimpleConsole(o =>
                (o.SingleLine, o.UseUtcTimestamp, o.TimestampFormat, o.ColorBehavior) =
                (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ ", LoggerColorBehavior.Default));
        }
    }

    private static bool WritesScopes(IConfiguration logging) =>
        logging.AsEnumerable().Any(static s => s.Key.EndsWith(":IncludeScopes", StringComparison.OrdinalIgnoreCase)
            && bool.TryParse(s.Value, out var on) && on);

    private static void Announce(WebApplication app, EffectiveSettings settings)
    {
        var urls = string.Join(' ', app.Urls);
        var inline = InlineCompletions.InEffect() switch { true => "on", false => "off", null => "unknown" };
        var access = settings.Authenticated ? Credentials(settings) : settings.LoopbackOnly
            ? "loopback only"
            : "anonymous network";
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("AkkaSse.Server");
        if (settings.Server is { Engine: "memory", Data: null }) LogInMemory(logger);
        // As text even when the level hides it: with port 0 this line is the only place that says where the server is.
        if (settings.Server.LogFormat == LogFormat.Text)
            Console.WriteLine($"AkkaSse {ServerVersion.Text} on {urls} (engine {settings.Server.Engine}, {access}, inline completions " +
                $"{inline})");
        else LogStarted(logger, ServerVersion.Text, urls, settings.Server.Engine, access, inline);
        if (!settings.Authenticated && !settings.LoopbackOnly) LogAnonymous(logger);
        foreach (var (first, second, pattern) in settings.Issuers.Common()) LogCommon(logger, first.Name, second.Name, pattern);
    }

    private static string Credentials(EffectiveSettings settings) => settings.Issuers.All.Count == 0
        ? $"{settings.Tokens.Count} tokens"
        : $"{settings.Tokens.Count} tokens, {settings.Issuers.All.Count} issuers";

    [LoggerMessage(3000, LogLevel.Information, "AkkaSse {Version} on {Urls} (engine {Engine}, {Access}, inline completions {Inline})")]
    private static partial void LogStarted(ILogger logger, string version, string urls, string engine, string access, string inline);

    [LoggerMessage(3007, LogLevel.Information,
        "Events are kept in memory and end with this process; --data DIR keeps them in a directory")]
    private static partial void LogInMemory(ILogger logger);

    [LoggerMessage(3005, LogLevel.Warning, "The warm-up failed, the server starts without it: {Reason}")]
    private static partial void LogNotWarm(ILogger logger, string reason);

    [LoggerMessage(3006, LogLevel.Debug, "The start failed")]
    private static partial void LogStartFailed(ILogger logger, Exception fault);

    [LoggerMessage(3162, LogLevel.Warning, "The issuers {First} and {Second} have an equal pattern in their grants, {Pattern}: tokens of "
        + "both with the same claim get the same names. {{subject}}, which has the SubjectPrefix in it, keeps them apart")]
    private static partial void LogCommon(ILogger logger, string first, string second, string pattern);

    [LoggerMessage(3004, LogLevel.Warning,
        "Nobody has to authenticate, and other hosts are served: whoever reaches this address may read and publish")]
    private static partial void LogAnonymous(ILogger logger);
}

using AkkaSse.AspNetCore;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Guards an application whose callers do not authenticate.</summary>
public static class SseHubGuardApplicationBuilderExtensions
{
    /// <summary>
    /// Refuses foreign <c>Host</c> values (403 <c>host-forbidden</c>) and writes of pages of other origins (403 <c>cross-site</c>) before
    /// everything that comes after it, with the registered <see cref="IHubErrorWriter"/>. For the hub's own endpoints alone
    /// <see cref="SseHubEndpointOptions.LoopbackOnly"/> does the same.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The same application.</returns>
    /// <exception cref="InvalidOperationException"><c>AddSseHub</c> was not called.</exception>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public static IApplicationBuilder UseSseHubGuard(this IApplicationBuilder app, Action<SseHubGuardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        var errors = app.ApplicationServices.GetService<IHubErrorWriter>() ?? throw new InvalidOperationException(
            $"{nameof(UseSseHubGuard)} needs the hub's services. Call builder.Services.AddSseHub() before the application is built.");
        var options = new SseHubGuardOptions();
        configure?.Invoke(options);
        var faults = options.Validate().ToList();
        if (faults.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(configure));
        app.ApplicationServices.GetRequiredService<HubMappings>().IsGuarded = true;
        var rules = new GuardRules(options);
        return app.Use(next => context =>
            rules.Check(context.Request) is { } fault
                ? errors.WriteAsync(context, fault.Status, fault.Code, fault.Message)
                : next(context));
    }
}

using System.Diagnostics.CodeAnalysis;
using AkkaSse.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the engine with a data directory: one node, whose streams outlive the process.</summary>
/// <remarks>
/// The options are <see cref="IOptions{TOptions}"/> of <see cref="StorageOptions"/>: what the application configures besides
/// (<c>services.Configure&lt;StorageOptions&gt;(…)</c>) holds too. The host checks them when it starts, and throws one
/// <see cref="OptionsValidationException"/> that lists every fault.
/// </remarks>
public static class StorageSseHubBuilderExtensions
{
    /// <summary>Chooses the engine, with a directory.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="directory">The directory in which streams are kept; it is made when it does not exist.</param>
    /// <param name="configure">Sets further options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseStorage(
        this ISseHubBuilder builder, string directory, Action<StorageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var options = Use(builder).Configure(o => o.Directory = directory);
        if (configure is not null) options.Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options that are set in code.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseStorage(this ISseHubBuilder builder, Action<StorageOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Use(builder).Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options that are set in code with the application's services.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options, when the host starts.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseStorage(this ISseHubBuilder builder, Action<StorageOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Use(builder).Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options from a section of the configuration.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configuration">
    /// The section, like <c>builder.Configuration.GetSection("Storage")</c>. Durations are written as .NET writes them (<c>00:00:15</c>).
    /// A key that is no option fails the start with an <see cref="InvalidOperationException"/>.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    [RequiresDynamicCode("The configuration is bound by reflection.")]
    [RequiresUnreferencedCode("The configuration is bound by reflection.")]
    public static ISseHubBuilder UseStorage(this ISseHubBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Use(builder).Bind(configuration, static binder => binder.ErrorOnUnknownConfiguration = true);
        return builder;
    }

    private static OptionsBuilder<StorageOptions> Use(ISseHubBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseEngine(static provider => new StorageEngine(
            provider.GetRequiredService<IOptions<StorageOptions>>().Value, provider.GetService<ILogger<StorageEngine>>()));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>, Validator>());
        return builder.Services.AddOptions<StorageOptions>().ValidateOnStart();
    }

    private sealed class Validator : IValidateOptions<StorageOptions>
    {
        public ValidateOptionsResult Validate(string? name, StorageOptions options)
        {
            var faults = options.Validate().ToList();
            return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
        }
    }
}

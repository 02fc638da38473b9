using System.Diagnostics.CodeAnalysis;
using AkkaSse.Hub.Setup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Options of the hub and of engines: read strictly from the configuration, and checked together when the host starts.</summary>
public static class SseHubOptionsExtensions
{
    /// <summary>
    /// Adds options that are checked when the host starts: the faults of all options that were added so come in one
    /// <see cref="OptionsValidationException"/>. Each fault says where it stands: the path in the configuration, or the type of the options
    /// and the property. Adding the same options again adds no second check.
    /// </summary>
    /// <typeparam name="T">The options.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="validate">Lists every fault as one sentence that begins with the name of the property; empty when all is well. Called
    /// from any thread.</param>
    /// <returns>A builder that configures the options.</returns>
    public static OptionsBuilder<T> AddSseHubOptions<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(
        this IServiceCollection services, Func<T, IEnumerable<string>> validate)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(validate);
        if (!services.Any(static s => s.ServiceType == typeof(IOptionsCheck) && s.ImplementationType == typeof(OptionsCheck<T>)))
        {
            services.AddSingleton<IOptionsCheck, OptionsCheck<T>>();
            services.AddSingleton<IValidateOptions<T>>(
                provider => new OptionsRules<T>(validate, provider.GetServices<OptionsSection<T>>()));
        }
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SseHubStart>, SseHubStart.Check>());
        services.AddOptions<SseHubStart>().ValidateOnStart();
        return services.AddOptions<T>();
    }

    /// <summary>
    /// Reads options that were added with <see cref="AddSseHubOptions"/> from a section of the configuration, once, when the options are
    /// made. A key that is no option is a fault, and so is null where the option has no null, and a value that cannot be read.
    /// </summary>
    /// <remarks>
    /// Durations are written as the hub writes them (<c>15s</c>) or as .NET does (<c>00:00:15</c>; <c>24</c> is 24 days).
    /// </remarks>
    /// <typeparam name="T">The options. Their properties are texts, numbers, durations, enumerations, lists of texts, and sections of
    /// such; delegates are left out.</typeparam>
    /// <param name="options">What <see cref="AddSseHubOptions"/> returned.</param>
    /// <param name="configuration">The section.</param>
    /// <returns>The same builder.</returns>
    [RequiresUnreferencedCode("Options are read by reflection.")]
    public static OptionsBuilder<T> BindSseHubSection<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(
        this OptionsBuilder<T> options, IConfiguration configuration)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(configuration);
        var section = new OptionsSection<T>(configuration);
        options.Services.AddSingleton(section);
        return options.Configure(section.Read);
    }
}

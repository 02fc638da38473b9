using System.Collections;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace AkkaSse.Hub.Setup;

/// <summary>
/// Reads a section of the configuration into options. What is no option, and a value that cannot be read, is a fault with its path.
/// </summary>
/// <remarks>
/// The framework's binder throws at its first fault, takes a value for a section and keys below a value, and reads null as the type's
/// default: <c>"SynchronousCommit": null</c> would turn synchronous commits off, although the option's default is on.
/// </remarks>
internal sealed class OptionsSection<T>(IConfiguration configuration)
{
    /// <summary>What was wrong when the section was read; empty before.</summary>
    internal IReadOnlyList<string> Faults { get; private set; } = [];

    /// <summary>The path of a key in the whole configuration; null when the section does not have the key.</summary>
    internal string? PathOf(string key) => configuration.GetSection(key) is var found && found.Exists() ? found.Path : null;

    [RequiresUnreferencedCode("Options are read by reflection.")]
    internal void Read(T options)
    {
        var faults = new List<string>();
        if (configuration is IConfigurationSection { Value.Length: > 0 } single)
            faults.Add($"{single.Path} is one value; it is a section, and {Known(typeof(T))} are allowed below it.");
        ReadKeys(options!, configuration, faults);
        Faults = faults;
    }

    [RequiresUnreferencedCode("Options are read by reflection.")]
    private static void ReadKeys(object options, IConfiguration section, List<string> faults)
    {
        // Maps last: what an entry does not set is what the options around it have.
        foreach (var child in section.GetChildren().OrderBy(c => IsMap(Find(options.GetType(), c.Key)?.PropertyType)))
        {
            if (Find(options.GetType(), child.Key) is { } option) ReadOption(options, option, child, faults);
            else faults.Add($"{child.Path} is no option; {Known(options.GetType())} are allowed.");
        }
    }

    // Namespaces by their prefixes: the keys are the application's own.
    [RequiresUnreferencedCode("Options are read by reflection.")]
    private static void ReadMap(
        HubOptions options, IDictionary<string, NamespaceOptions> map, IConfigurationSection section, List<string> faults)
    {
        if (section.Value is not null || !section.GetChildren().Any())
            faults.Add($"{section.Path} is {Shown(section)}; a section for each entry is allowed.");
        foreach (var child in section.GetChildren())
        {
            if (child.Value is not null || !child.GetChildren().Any())
            {
                faults.Add($"{child.Path} is {Shown(child)}; a section is allowed, with {Known(typeof(NamespaceOptions))}.");
                continue;
            }
            var entry = map.TryGetValue(child.Key, out var present) ? present : new NamespaceOptions();
            if (child.GetSection(nameof(entry.StreamDefaults)).Exists())
                entry.StreamDefaults = (entry.StreamDefaults ?? options.StreamDefaults) with { };
            ReadKeys(entry, child, faults);
            map[child.Key] = entry;
        }
    }

    [RequiresUnreferencedCode("Options are read by reflection.")]
    private static void ReadOption(object options, PropertyInfo option, IConfigurationSection section, List<string> faults)
    {
        var type = option.PropertyType;
        var hasKeys = section.GetChildren().Any();
        if (type == typeof(IList<string>))
        {
            ReadList(options, option, section, faults);
        }
        else if (IsMap(type))
        {
            ReadMap((HubOptions)options, (IDictionary<string, NamespaceOptions>)option.GetValue(options)!, section, faults);
        }
        else if (IsSection(type))
        {
            if (!hasKeys) faults.Add($"{section.Path} is {Shown(section)}; a section is allowed, with {Known(type)}.");
            else if (option.GetValue(options) is { } inner) ReadKeys(inner, section, faults);
            else throw new NotSupportedException(
                $"{option.DeclaringType!.Name}.{option.Name} is null; options within options have a value.");
        }
        else if (hasKeys)
        {
            faults.Add($"{section.Path} has keys below it; one value is allowed, {Allowed(type)}.");
        }
        else if (section.Value is null && !IsNullable(option))
        {
            faults.Add($"{section.Path} is null; {Allowed(type)} is allowed. Without the key the default holds.");
        }
        else if (TryParse(type, section.Value, out var value))
        {
            option.SetValue(options, value);
        }
        else
        {
            faults.Add($"{section.Path} is '{section.Value}'; {Allowed(type)} is allowed.");
        }
    }

    // Adds to what code has set before, as the framework's binder does.
    [RequiresUnreferencedCode("Options are read by reflection.")]
    private static void ReadList(object options, PropertyInfo option, IConfigurationSection section, List<string> faults)
    {
        var list = new List<string>((IList<string>?)option.GetValue(options) ?? []);
        foreach (var child in section.GetChildren())
        {
            if (child.Value is { } text) list.Add(text);
            else faults.Add($"{child.Path} is {(child.GetChildren().Any() ? "a section" : "null")}; a text is allowed.");
        }
        // An empty list is the value "".
        if (section.Value is not ("" or null) || (section.Value is null && !section.GetChildren().Any()))
            faults.Add($"{section.Path} is {Shown(section)}; a list of texts is allowed.");
        option.SetValue(options, list);
    }

    [RequiresUnreferencedCode("Options are read by reflection.")]
    private static bool TryParse(Type type, string? text, out object? value)
    {
        value = text;
        if (text is null || type == typeof(string)) return true;
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain != type && text.Length == 0)
        {
            value = null;
            return true;
        }
        if (plain == typeof(TimeSpan))
        {
            var isTime = Durations.TryParse(text, out var time) || TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out time);
            value = time;
            return isTime;
        }
        if (plain.IsEnum) return Enum.TryParse(plain, text, ignoreCase: true, out value);
        try
        {
            value = TypeDescriptor.GetConverter(plain).ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            return false;
        }
    }

    private static string Allowed(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(string) => "a text",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(TimeSpan) => "a duration like 15s, 2h or 00:00:15",
        { IsEnum: true } t => string.Join(", ", Enum.GetNames(t)),
        _ => "a whole number",
    };

    // A value in place of a section may be a secret: it is not said.
    private static string Shown(IConfigurationSection section) => section.Value is { Length: > 0 } ? "one value" : "null or empty";

    private static bool IsNullable(PropertyInfo option) =>
        Nullable.GetUnderlyingType(option.PropertyType) is not null
        || (!option.PropertyType.IsValueType && new NullabilityInfoContext().Create(option).WriteState == NullabilityState.Nullable);

    private static bool IsSection(Type type) =>
        type.IsClass && type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(type);

    private static bool IsMap(Type? type) => type == typeof(IDictionary<string, NamespaceOptions>);

    [RequiresUnreferencedCode("Options are read by reflection.")]
    private static PropertyInfo? Find(Type type, string key) =>
        Settable(type).FirstOrDefault(p => p.Name.Equals(key, StringComparison.OrdinalIgnoreCase));

    [RequiresUnreferencedCode("Options are read by reflection.")]
    private static string Known(Type type) => string.Join(", ", Settable(type).Select(static p => p.Name));

    // A delegate cannot be written in a file.
    [RequiresUnreferencedCode("Options are read by reflection.")]
    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(
            static p => p.SetMethod is { IsPublic: true } && !typeof(Delegate).IsAssignableFrom(p.PropertyType));
}

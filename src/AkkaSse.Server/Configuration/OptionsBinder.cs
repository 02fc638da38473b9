using System.Collections;
using System.Reflection;

namespace AkkaSse.Server.Configuration;

/// <summary>
/// Reads options from configuration strictly: an unknown key or an unreadable value is a fault with its name, value, source and what is
/// allowed.
/// </summary>
/// <remarks>
/// The framework's binder throws at the first bad value and at the unknown keys of one class, names no source, and reads neither <c>15s</c>
/// nor <c>64MiB</c> nor several items in one value.
/// </remarks>
internal sealed class OptionsBinder(ConfigurationTree tree)
{
    /// <summary>What is wrong with what was bound.</summary>
    internal List<string> Faults { get; } = [];

    /// <exception cref="ConfigurationFaultsException">There are faults.</exception>
    internal void ThrowIfFaulty()
    {
        if (Faults.Count > 0) throw new ConfigurationFaultsException(Faults);
    }

    /// <summary>Fills an instance from a section.</summary>
    /// <param name="instance">The options.</param>
    /// <param name="path">The section.</param>
    /// <param name="maps">Keys below it that <see cref="BindMap"/> reads.</param>
    /// <returns>False when it is no section.</returns>
    internal bool Bind(object instance, string path, params ReadOnlySpan<string> maps)
    {
        var properties = Settable(instance.GetType());
        // One value where keys belong would be skipped, and with it, for example, all tokens.
        // The value is not said: in place of Postgres it is a connection string, in place of Auth a token.
        if (tree.Root.GetSection(path).Value is { Length: > 0 })
        {
            Faults.Add($"{path} is one value{From(path)}; it is a section, and keys below it are allowed.");
            return false;
        }
        var children = tree.Root.GetSection(path).GetChildren().ToList();
        // No option has a number for its name: each item would be a fault, and each key that is missing another.
        if (children.Count > 0 && children.TrueForAll(IsNumbered))
        {
            Faults.Add($"{path} is a list{FromBelow(children[0])}; an object is needed.");
            return false;
        }
        foreach (var section in children)
        {
            var property = properties.FirstOrDefault(p => p.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                if (IsAny(section.Key, maps)) continue;
                var known = properties.ConvertAll(static p => p.Name);
                Faults.Add($"{section.Path} is not a key{From(section.Path)}; {Suggest(section.Key, known)}");
                continue;
            }
            BindProperty(instance, property, section, $"{path}:{property.Name}");
        }
        return true;
    }

    /// <summary>
    /// Fills a map from a section whose keys are the operator's own names. A name that two sources write in different case is a fault.
    /// </summary>
    /// <param name="map">Gets an entry for each key.</param>
    /// <param name="path">The section.</param>
    /// <param name="create">Makes an entry with what holds where its keys say nothing.</param>
    internal void BindMap<T>(IDictionary<string, T> map, string path, Func<T> create)
        where T : class
    {
        var section = tree.Root.GetSection(path);
        if (section.Value is { Length: > 0 })
            Faults.Add($"{path} is one value{From(path)}; it is a section, and a section for each name is allowed below it.");
        foreach (var twins in tree.SpellingsBelow(path).GroupBy(static s => s.Key, StringComparer.OrdinalIgnoreCase)
            .Where(static g => g.Count() > 1))
        {
            var written = string.Join(" and ", twins.Select(t => $"{path}:{t.Key} (from {t.Source})"));
            Faults.Add($"{written} differ in case only, and count as one key; one of them is allowed.");
        }
        foreach (var child in section.GetChildren())
        {
            var entry = create();
            Bind(entry, child.Path);
            map[child.Key] = entry;
        }
    }

    /// <summary>
    /// The properties that configuration can set: a delegate cannot be written in a file, and a map has a section of its own.
    /// </summary>
    internal static List<PropertyInfo> Settable(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(
            p => p.CanWrite && !typeof(Delegate).IsAssignableFrom(p.PropertyType) && !IsMap(p.PropertyType))];

    private static bool IsAny(string key, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (name.Equals(key, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }

    private static bool IsMap(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>);

    /// <summary>Whether a property is a section of its own: options within options.</summary>
    internal static bool IsSection(Type type) =>
        type.IsClass && type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(type);

    private void BindProperty(object instance, PropertyInfo property, IConfigurationSection section, string path)
    {
        var type = property.PropertyType;
        if (IsSection(type))
        {
            Bind(property.GetValue(instance)!, section.Path);
        }
        else if (property.GetValue(instance) is IList list)
        {
            BindList(list, type.GenericTypeArguments[0], section, path);
        }
        else if (section.GetChildren().Any())
        {
            Faults.Add($"{path} has keys below it{From(section.GetChildren().First().Path)}; one value is allowed.");
        }
        else if (ValueText.TryParse(type, section.Value, property.Name, out var value, out var allowed))
        {
            property.SetValue(instance, value);
        }
        else
        {
            Faults.Add($"{path} is '{section.Value}'{From(section.Path)}; {allowed} is allowed.");
        }
    }

    private void BindList(IList list, Type item, IConfigurationSection section, string path)
    {
        list.Clear();
        var children = section.GetChildren().ToList();
        if (children.Find(static c => !IsNumbered(c)) is { } named)
        {
            Faults.Add($"{path} is an object{FromBelow(named)}; a list is needed.");
            return;
        }
        if (item == typeof(string))
        {
            if (children.Find(static c => c.GetChildren().Any()) is { } nested)
            {
                Faults.Add($"{nested.Path} has keys below it{FromBelow(nested)}; one value is allowed.");
                return;
            }
            foreach (var text in TextsOf(section.Path, path)) list.Add(text);
            return;
        }
        var areSections = true;
        foreach (var child in children)
        {
            var value = Activator.CreateInstance(item)!;
            areSections &= Bind(value, child.Path);
            list.Add(value);
        }
        // Else all that it does not have would be missing too.
        if (!areSections) list.Clear();
        if (section.Value is { Length: > 0 }) Faults.Add($"{path} is one value{From(section.Path)}; a list of objects is allowed.");
    }

    private IEnumerable<string> TextsOf(string key, string path)
    {
        if (tree.ListOf(key) is not { } list) return [];
        if (list.Value is null || list.IsEmptyArray) return list.Items;
        // One value may hold several, because an environment variable or a switch is awkward to number.
        var texts = list.Value.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (list.Items.Count > 0)
            Faults.Add($"{path} is one value and has numbered ones below it (from {list.Source}); one of both is allowed.");
        else if (texts.Length == 0)
            Faults.Add($"{path} is '{list.Value}' (from {list.Source}); values are allowed, with ';' between them, or none.");
        return texts.Where(static t => t != "none");
    }

    private string From(string path) => tree.SourceOf(path) is { } source ? $" (from {source})" : "";

    // The source of what is somewhere below a section, which has no value itself.
    private string FromBelow(IConfigurationSection section)
    {
        var at = section;
        while (at.Value is null && at.GetChildren().FirstOrDefault() is { } child) at = child;
        return From(at.Path);
    }

    private static bool IsNumbered(IConfigurationSection section) => section.Key.All(char.IsAsciiDigit);

    /// <summary>The one of some names that is probably meant, or all of them.</summary>
    internal static string Suggest(string key, IReadOnlyList<string> known)
    {
        var best = known.MinBy(n => Distance(n, key));
        return best is not null && Distance(best, key) <= Math.Max(2, key.Length / 3)
            ? $"did you mean {best}?"
            : $"known are {string.Join(", ", known)}.";
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1)));
            }
        }
        return row[b.Length];
    }
}

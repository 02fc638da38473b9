using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace AkkaSse.Architecture.Tests.Options;

/// <summary>Compares what the documentation of options says with new options and with their validator.</summary>
/// <param name="create">Makes valid options with every default that matters.</param>
/// <param name="validate">Lists faults, each beginning with the name of the property at fault.</param>
/// <param name="sourceOf">Gives the source file that declares a type.</param>
/// <param name="sensible">Makes a value of a property valid together with others, where it is not by itself.</param>
internal sealed partial class OptionRules(
    Func<object> create, Func<object, IEnumerable<string>> validate, Func<Type, string> sourceOf, Action<object, string>? sensible = null)
{
    private static readonly Type[] NeverInWords = [typeof(bool), typeof(int), typeof(TimeSpan)];

    /// <summary>Lists what is wrong, sentence by sentence.</summary>
    internal IEnumerable<string> Faults() => create().GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .SelectMany(p => Faults(p, OptionDoc.Find(sourceOf(p.DeclaringType!), p.Name)).Select(fault => $"{p.Name}: {fault}"));

    /// <summary>Lists what is wrong with one property.</summary>
    internal IEnumerable<string> Faults(PropertyInfo property, OptionDoc? doc)
    {
        if (doc is null)
        {
            yield return "is not documented.";
            yield break;
        }
        if (RequirementId().IsMatch(doc.Text)) yield return "names a requirement.";
        if (DefaultFault(property, doc) is { } wrong) yield return wrong;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(string))
        {
            foreach (var fault in doc.Low is null ? [] : LengthFaults(property, doc)) yield return fault;
            yield break;
        }
        if (!IsNumber(type)) yield break;
        if (doc.Low is not { } low)
        {
            yield return "says no range.";
            yield break;
        }
        foreach (var fault in RangeFaults(property, doc, doc.LowIsOut ? low + 1 : low)) yield return fault;
    }

    private IEnumerable<string> RangeFaults(PropertyInfo property, OptionDoc doc, decimal low)
    {
        if (!IsAllowed(property, low)) yield return $"says that {low} is allowed.";
        if (IsAllowed(property, low - 1)) yield return $"says that {low - 1} is not allowed.";
        if (doc.High is not { } high) yield break;
        if (!IsAllowed(property, high)) yield return $"says that {high} is allowed.";
        if (IsAllowed(property, high + 1)) yield return $"says that {high + 1} is not allowed.";
    }

    private IEnumerable<string> LengthFaults(PropertyInfo property, OptionDoc doc)
    {
        var (low, high) = (doc.Low!.Value, doc.High!.Value);
        foreach (var (length, allowed) in ((decimal, bool)[])[(low, true), (low - 1, false), (high, true), (high + 1, false)])
        {
            if (IsValid(property, new string('a', (int)length)) != allowed)
                yield return $"says that {length} characters are {(allowed ? "" : "not ")}allowed.";
        }
    }

    private bool IsAllowed(PropertyInfo property, decimal number)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return IsValid(property, type == typeof(TimeSpan)
            ? TimeSpan.FromTicks((long)(number * TimeSpan.TicksPerMillisecond))
            : Convert.ChangeType(number, type, CultureInfo.InvariantCulture));
    }

    private bool IsValid(PropertyInfo property, object value)
    {
        var options = create();
        sensible?.Invoke(options, property.Name);
        property.SetValue(options, value);
        return !validate(options).Any(fault => fault.StartsWith(property.Name + " ", StringComparison.Ordinal));
    }

    private string? DefaultFault(PropertyInfo property, OptionDoc doc)
    {
        if (doc.Default is not { } said) return "says no default.";
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        // Words stand for what differs between machines, or is an object or a list.
        if (doc.IsInWords) return type.IsEnum || NeverInWords.Contains(type) ? "says its default in words." : null;
        var actual = property.GetValue(create());
        var same = actual switch
        {
            null => Says(said, "null"),
            bool b => Says(said, b ? "true" : "false"),
            Enum e => Says(said, $"{type.Name}.{e}"),
            string { Length: 0 } => Says(said, "empty"),
            string text => said.StartsWith(text, StringComparison.Ordinal),
            TimeSpan time => char.IsDigit(said[0]) && OptionDoc.Number(said) == (decimal)time.TotalMilliseconds,
            int or long => char.IsDigit(said[0]) && OptionDoc.Number(said) == Convert.ToDecimal(actual, CultureInfo.InvariantCulture),
            IEnumerable items => Says(said, "empty") && !items.Cast<object>().Any(),
            _ => said.StartsWith(type.Name + ".", StringComparison.Ordinal)
                && type.GetProperty(Identifier().Match(said[(type.Name.Length + 1)..]).Value)?.GetValue(null) is { } named
                && named.Equals(actual),
        };
        return same ? null : $"says that the default is '{said}'; it is '{actual ?? "null"}'.";
    }

    private static bool Says(string text, string word) =>
        text.StartsWith(word, StringComparison.Ordinal) && (text.Length == word.Length || !char.IsLetterOrDigit(text[word.Length]));

    private static bool IsNumber(Type type) => type == typeof(int) || type == typeof(long) || type == typeof(TimeSpan);

    [GeneratedRegex(@"\b[A-Z]{2,4}-\d\d\b")]
    private static partial Regex RequirementId();

    [GeneratedRegex(@"^\w+")]
    private static partial Regex Identifier();
}

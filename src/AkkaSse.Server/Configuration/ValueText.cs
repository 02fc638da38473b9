using System.Globalization;
using AkkaSse.Hub;

namespace AkkaSse.Server.Configuration;

/// <summary>Configuration values as text: what is read, what is allowed, how it is shown.</summary>
internal static class ValueText
{
    /// <summary>Reads a value of a type; false with what is allowed instead.</summary>
    internal static bool TryParse(Type type, string? text, string name, out object? value, out string allowed)
    {
        value = null;
        var nullable = Nullable.GetUnderlyingType(type);
        if (nullable is not null && text is null or "" or "null" or "none")
        {
            allowed = "";
            if (nullable is not null || type == typeof(string)) return true;
        }
        var ok = TryParsePlain(nullable ?? type, text ?? "", name, out value, out allowed);
        if (nullable is not null) allowed += ", or none";
        return ok;
    }

    private static bool TryParsePlain(Type type, string text, string name, out object? value, out string allowed)
    {
        value = null;
        if (type == typeof(string))
        {
            allowed = "text";
            value = text;
            return true;
        }
        if (type == typeof(bool))
        {
            allowed = "true or false";
            var ok = bool.TryParse(text, out var b);
            value = b;
            return ok;
        }
        if (type == typeof(TimeSpan))
        {
            allowed = Durations.Allowed;
            if (text is "infinite" && name == nameof(HubOptions.WriteTimeout))
            {
                value = Timeout.InfiniteTimeSpan;
                return true;
            }
            if (name == nameof(HubOptions.WriteTimeout)) allowed += ", or infinite";
            var ok = Durations.TryParse(text == "0" ? "0s" : text, out var d);
            value = d;
            return ok;
        }
        if (type == typeof(DateTimeOffset))
        {
            allowed = "a time like 2027-01-31T12:00:00Z";
            // Without a zone it would be another time on another machine.
            var ok = (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal))
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
                && text.Contains('T', StringComparison.Ordinal);
            value = ok ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) : null;
            return ok;
        }
        if (type.IsEnum)
        {
            allowed = string.Join(", ", Enum.GetNames(type).Select(Camel));
            // A bare number would be read as any member, named or not.
            var ok = text.Length > 0 && char.IsLetter(text[0]) && Enum.TryParse(type, text, ignoreCase: true, out value);
            return ok;
        }
        if (type == typeof(int) || type == typeof(long))
        {
            var bytes = name.EndsWith("Bytes", StringComparison.Ordinal);
            allowed = bytes ? "a number of bytes, also with KiB, MiB or GiB" : "a whole number";
            if (!TryParseNumber(text, bytes, out var number)) return false;
            if (type == typeof(int) && number is > int.MaxValue or < int.MinValue) return false;
            value = type == typeof(int) ? (object)(int)number : number;
            return true;
        }
        allowed = "";
        return false;
    }

    private static bool TryParseNumber(string text, bool bytes, out long number)
    {
        var shift = 0;
        if (bytes && text.Length > 3)
        {
            shift = text[^3..].ToUpperInvariant() switch { "KIB" => 10, "MIB" => 20, "GIB" => 30, _ => 0 };
            if (shift > 0) text = text[..^3].TrimEnd();
        }
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)) return false;
        if (shift > 0 && Math.Abs(number) > long.MaxValue >> shift) return false;
        number <<= shift;
        return true;
    }

    /// <summary>Shows a value the way it can be written.</summary>
    internal static string Show(object? value, string name) => value switch
    {
        null or "" => "none",
        bool b => b ? "true" : "false",
        TimeSpan t when t == Timeout.InfiniteTimeSpan => "infinite",
        TimeSpan t => Durations.Format(t),
        DateTimeOffset at => at.ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture),
        Enum e => Camel(e.ToString()),
        int or long when name.EndsWith("Bytes", StringComparison.Ordinal) => Bytes(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Bytes(long bytes) => bytes switch
    {
        > 0 when bytes % (1 << 30) == 0 => $"{bytes >> 30}GiB",
        > 0 when bytes % (1 << 20) == 0 => $"{bytes >> 20}MiB",
        > 0 when bytes % (1 << 10) == 0 => $"{bytes >> 10}KiB",
        _ => bytes.ToString(CultureInfo.InvariantCulture),
    };

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}

using System.Globalization;
using System.Xml;

namespace AkkaSse.Hub;

/// <summary>The kinds of <see cref="StartPosition"/>.</summary>
public enum StartKind
{
    /// <summary>Only what is published from now on.</summary>
    Latest,

    /// <summary>Everything retained, oldest first.</summary>
    Earliest,

    /// <summary>The last so many retained events.</summary>
    Last,

    /// <summary>After the given offset of the current epoch.</summary>
    Offset,

    /// <summary>Events not older than the given age.</summary>
    Age,

    /// <summary>Events published at or after the given time.</summary>
    Time,

    /// <summary>After the given position; the resume of an interrupted reader.</summary>
    Position,
}

/// <summary>Where a reader without a last event id starts (<c>since=</c>). Immutable.</summary>
public sealed record StartPosition
{
    // What Durations reads at most, and what a stream retains at most.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(10_000);

    private StartPosition(StartKind kind) => Kind = kind;

    /// <summary>Which kind; it says which of the other properties has a meaning.</summary>
    public StartKind Kind { get; }

    /// <summary>The number of events of <see cref="StartKind.Last"/>, or the offset of <see cref="StartKind.Offset"/>.</summary>
    public long Number { get; private init; }

    /// <summary>The age of <see cref="StartKind.Age"/>.</summary>
    public TimeSpan Age { get; private init; }

    /// <summary>The time of <see cref="StartKind.Time"/>.</summary>
    public DateTimeOffset Time { get; private init; }

    /// <summary>The position of <see cref="StartKind.Position"/>.</summary>
    public StreamPosition Position { get; private init; }

    /// <summary>Only what is published from now on.</summary>
    public static StartPosition Latest { get; } = new(StartKind.Latest);

    /// <summary>Everything retained, oldest first.</summary>
    public static StartPosition Earliest { get; } = new(StartKind.Earliest);

    /// <summary>The last <paramref name="count"/> retained events.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public static StartPosition Last(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new(StartKind.Last) { Number = count };
    }

    /// <summary>After <paramref name="offset"/> in the current epoch.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative.</exception>
    public static StartPosition FromOffset(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new(StartKind.Offset) { Number = offset };
    }

    /// <summary>Events not older than <paramref name="age"/>; an age beyond every event's means all of them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The age is negative.</exception>
    public static StartPosition FromAge(TimeSpan age)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero);
        // No event is older, and a time minus this age is a time.
        return new(StartKind.Age) { Age = age < s_longest ? age : s_longest };
    }

    /// <summary>Events published at or after <paramref name="time"/>.</summary>
    public static StartPosition FromTime(DateTimeOffset time) => new(StartKind.Time) { Time = time };

    /// <summary>After <paramref name="position"/>.</summary>
    public static StartPosition After(StreamPosition position) => new(StartKind.Position) { Position = position };

    /// <summary>Reads <c>earliest | latest | last:N | offset:N | duration | RFC 3339 time</c>.</summary>
    /// <remarks>In a time a space is accepted where <c>+</c> belongs, because an unencoded plus in a query arrives as one.</remarks>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out StartPosition? start)
    {
        start = null;
        if (string.IsNullOrEmpty(text)) return false;
        if (text == "latest") start = Latest;
        else if (text == "earliest") start = Earliest;
        else if (text.StartsWith("last:", StringComparison.Ordinal) && Digits(text.AsSpan(5), out var n)) start = Last(n);
        else if (text.StartsWith("offset:", StringComparison.Ordinal) && Digits(text.AsSpan(7), out n)) start = FromOffset(n);
        else if (Durations.TryParse(text, out var age)) start = FromAge(age);
        else if (text.Length >= 20 && char.IsAsciiDigit(text[0]) && DateTimeOffset.TryParse(
            text.Length > 10 ? text[..11] + text[11..].Replace(' ', '+') : text, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out var time))
            start = FromTime(time);
        return start is not null;
    }

    private static bool Digits(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <summary>
/// Durations as the HTTP API and the configuration write them: <c>500ms</c>, <c>15s</c>, <c>10m</c>, <c>2h</c>, <c>1d</c>, or ISO 8601
/// (<c>PT15S</c>).
/// </summary>
public static class Durations
{
    /// <summary>What is allowed, for error messages.</summary>
    public const string Allowed = "a duration like 500ms, 15s, 10m, 2h, 1d, or ISO 8601 like PT15S";

    /// <summary>Reads a non-negative duration of at most 10 000 days.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text) || text.Length > 32) return false;
        if (text[0] is 'P')
        {
            try
            {
                duration = XmlConvert.ToTimeSpan(text);
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                return false;
            }
            return duration >= TimeSpan.Zero && duration.TotalDays <= 10_000;
        }
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
        // Decimal, so that what Format has written is read as the same.
        if (!decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return false;
        var unit = text[digits..] switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            _ => 0,
        };
        if (unit == 0 || number > 10_000m * TimeSpan.TicksPerDay / unit) return false;
        duration = TimeSpan.FromTicks((long)decimal.Round(number * unit));
        return true;
    }

    /// <summary>Writes a duration in the short form that <see cref="TryParse"/> reads.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration.Ticks % TimeSpan.TicksPerMillisecond is not 0)
            return string.Create(CultureInfo.InvariantCulture, $"{(decimal)duration.Ticks / TimeSpan.TicksPerMillisecond:0.####}ms");
        var ms = (long)duration.TotalMilliseconds;
        var (number, unit) = ms switch
        {
            _ when ms % 86_400_000 == 0 && ms > 0 => (ms / 86_400_000, "d"),
            _ when ms % 3_600_000 == 0 && ms > 0 => (ms / 3_600_000, "h"),
            _ when ms % 60_000 == 0 && ms > 0 => (ms / 60_000, "m"),
            _ when ms % 1_000 == 0 => (ms / 1_000, "s"),
            _ => (ms, "ms"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
    }
}

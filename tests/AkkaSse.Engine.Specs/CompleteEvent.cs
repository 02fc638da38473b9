using System.Reflection;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.Engine.Specs;

/// <summary>
/// An event in which every property has a value, for every test of an encoding: a property that is new fails all of them until it has a
/// value here, and then each of them until its encoding has the property.
/// </summary>
public static class CompleteEvent
{
    // What a reader has received, and the other form of the data.
    private static readonly string[] s_notSet = [nameof(SseEvent.LastEventId), nameof(SseEvent.DataBytes)];

    // They decide an append and do not stay with the event.
    private static readonly string[] s_ofAppend =
    [
        nameof(PublishOptions.IdempotencyKey), nameof(PublishOptions.KeyCoversRun), nameof(PublishOptions.Principal),
        nameof(PublishOptions.CreateStream),
    ];

    /// <summary>The properties of an event that a publisher sets.</summary>
    public static IReadOnlyList<string> Properties { get; } =
        [.. Settable(typeof(SseEvent)).Select(static p => p.Name).Except(s_notSet)];

    /// <summary>The options that stay with an event.</summary>
    public static IReadOnlyList<string> StoredOptions { get; } =
        [.. Settable(typeof(PublishOptions)).Select(static p => p.Name).Except(s_ofAppend)];

    /// <summary>The event.</summary>
    /// <param name="without">Properties that keep their defaults.</param>
    public static SseEvent Event(params IEnumerable<string> without) => (SseEvent)Filled(new SseEvent(), s_notSet.Concat(without));

    /// <summary>Options in which every property has a value.</summary>
    /// <param name="without">Properties that keep their defaults.</param>
    public static PublishOptions Options(params IEnumerable<string> without) => (PublishOptions)Filled(default(PublishOptions), without);

    /// <summary>Fails unless all properties are equal but those that only a reader's event has.</summary>
    public static void ShouldBeSame(SseEvent actual, SseEvent expected)
    {
        foreach (var property in typeof(SseEvent).GetProperties().Where(static p => p.Name != nameof(SseEvent.LastEventId)))
            Comparable(property.GetValue(actual)).ShouldBe(Comparable(property.GetValue(expected)), property.Name);
    }

    /// <summary>Fails unless the options that stay with an event are equal, and no other is set.</summary>
    public static void ShouldBeStoredOf(PublishOptions actual, PublishOptions published)
    {
        object expected = default(PublishOptions);
        foreach (var property in Settable(typeof(PublishOptions)).Where(static p => StoredOptions.Contains(p.Name)))
            property.SetValue(expected, property.GetValue(published));
        actual.ShouldBe((PublishOptions)expected);
    }

    private static object Filled(object target, IEnumerable<string> without)
    {
        foreach (var property in Settable(target.GetType()).Where(p => !without.Contains(p.Name)))
            property.SetValue(target, ValueOf(property));
        return target;
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties().Where(static p => p.SetMethod is { IsPublic: true });

    private static object ValueOf(PropertyInfo property) => (property.DeclaringType!.Name, property.Name) switch
    {
        (nameof(SseEvent), nameof(SseEvent.Type)) => "týpe",
        (nameof(SseEvent), nameof(SseEvent.Id)) => "mine 1",
        (nameof(SseEvent), nameof(SseEvent.Data)) => "a\nb ü\n\n: c",
        (nameof(SseEvent), nameof(SseEvent.Retry)) => TimeSpan.FromMilliseconds(7_201_234),
        (nameof(SseEvent), nameof(SseEvent.Comment)) => "one\n twö",
        (nameof(SseEvent), nameof(SseEvent.Fields)) =>
            new KeyValuePair<string, string>[] { new("x", "1"), new("x", ""), new("y", "zwölf") },
        (nameof(PublishOptions), nameof(PublishOptions.IdempotencyKey)) => "key",
        (nameof(PublishOptions), nameof(PublishOptions.KeyCoversRun)) => true,
        (nameof(PublishOptions), nameof(PublishOptions.Principal)) => "somebody",
        (nameof(PublishOptions), nameof(PublishOptions.ConflateKey)) => "kéy",
        (nameof(PublishOptions), nameof(PublishOptions.Ttl)) => TimeSpan.FromMilliseconds(90_061),
        (nameof(PublishOptions), nameof(PublishOptions.TraceParent)) => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        (nameof(PublishOptions), nameof(PublishOptions.CreateStream)) => true,
        _ => throw new ShouldAssertException(
            $"{property.DeclaringType.Name}.{property.Name} has no value here: give it one, and a part in EventCodec or a place among what "
            + "does not stay with an event."),
    };

    private static object? Comparable(object? value) => value switch
    {
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        IEnumerable<KeyValuePair<string, string>> fields => string.Join('\n', fields.Select(static f => $"{f.Key}: {f.Value}")),
        _ => value,
    };
}

using System.Reflection;
using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Tests.Wire;

/// <summary>One value of any type that messages are made of, always the same.</summary>
internal static class Samples
{
    internal static object Of(Type type) => Of(type, type.Name);

    /// <summary>The type's fields in the order of its constructor: <c>(Node:String,StartedAt:Int64)</c>.</summary>
    internal static string Shape(Type type) => Constructor(type) is { } c
        ? $"({string.Join(',', c.GetParameters().Select(static p => $"{p.Name}:{Name(p.ParameterType)}"))})"
        : "()";

    private static object Of(Type type, string name)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Of(underlying, name);
        if (type == typeof(string)) return name.ToLowerInvariant();
        if (type == typeof(bool)) return true;
        if (type == typeof(byte)) return (byte)5;
        if (type == typeof(int)) return 70;
        if (type == typeof(long)) return 7_000L;
        if (type == typeof(ulong)) return 9_000UL;
        if (type == typeof(double)) return 0.5;
        if (type == typeof(TimeSpan)) return TimeSpan.FromSeconds(3);
        if (type == typeof(DateTimeOffset)) return DateTimeOffset.UnixEpoch.AddDays(1);
        if (type == typeof(byte[])) return new byte[] { 1, 2, 3 };
        if (type == typeof(ReadOnlyMemory<byte>)) return (ReadOnlyMemory<byte>)new byte[] { 1, 2, 3 };
        if (type.IsEnum) return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length > 1 ? 1 : 0)!;
        if (ItemOf(type) is { } item)
        {
            var array = Array.CreateInstance(item, 1);
            array.SetValue(Of(item, name), 0);
            if (type.IsArray || type.IsInterface) return array;
            var memory = type.GetConstructor([array.GetType()]);
            if (memory is not null) return memory.Invoke([array]);
            var create = type.GetMethods(BindingFlags.Public | BindingFlags.Static).FirstOrDefault(
                m => m.Name == "op_Implicit" && m.GetParameters()[0].ParameterType == array.GetType());
            if (create is not null) return create.Invoke(null, [array])!;
        }
        // Any message stands for one here that has replicated state with it.
        if (type == typeof(IWireMessage)) return Of(typeof(ToLeader), name);
        if (type.IsAbstract)
        {
            var concrete = type.Assembly.GetTypes().Where(t => !t.IsAbstract && type.IsAssignableFrom(t)).OrderBy(
                static t => t.FullName, StringComparer.Ordinal).First();
            return Of(concrete, name);
        }
        if (type.GetField("Instance", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(null) is { } single)
            return single;
        if (Constructor(type) is not { } constructor) return Activator.CreateInstance(type, nonPublic: true)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(static p => Of(p.ParameterType, p.Name!))]);
    }

    private static ConstructorInfo? Constructor(Type type) =>
        type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(c => c.GetParameters() is not [{ } only] || only.ParameterType != type)
            .MaxBy(static c => c.GetParameters().Length) is { } found && found.GetParameters().Length > 0 ? found : null;

    private static Type? ItemOf(Type type)
    {
        if (type.IsArray) return type.GetElementType();
        return type.IsGenericType && type.GetGenericTypeDefinition() is { } d
            && (d == typeof(IReadOnlyList<>) || d == typeof(IReadOnlyCollection<>) || d == typeof(IEnumerable<>) || d == typeof(List<>)
                || d == typeof(ReadOnlyMemory<>)
                || d == typeof(System.Collections.Immutable.ImmutableArray<>) || d == typeof(IReadOnlySet<>))
            ? type.GenericTypeArguments[0]
            : null;
    }

    private static string Name(Type type) =>
        type.IsArray ? Name(type.GetElementType()!) + "[]"
        : type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(',', type.GenericTypeArguments.Select(Name))}>"
            : type.Name;
}

using System.Reflection;

namespace AkkaSse.Architecture.Tests.PublicApi;

/// <summary>Writes types as C# writes them, with what the compiler recorded of their nullability.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    internal static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef) return Of(type.GetElementType()!, nullability?.ElementType ?? nullability);
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Of(underlying, Argument(nullability, 0)) + "?";
        var name = Plain(type, nullability);
        return !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? name + "?" : name;
    }

    /// <summary>The type's own name with its parameters, without a namespace: <c>Page&lt;T&gt;</c>.</summary>
    internal static string Declared(Type type)
    {
        var outer = type.IsNested ? Declared(type.DeclaringType!) + "." : "";
        var arguments = type.GetGenericArguments().Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0)
            .Select(static a => a.Name).ToArray();
        return outer + WithoutArity(type.Name) + (arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments)}>");
    }

    private static string Plain(Type type, NullabilityInfo? nullability)
    {
        if (Keywords.TryGetValue(type, out var keyword)) return keyword;
        if (type.IsArray) return $"{Of(type.GetElementType()!, nullability?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsPointer) return Of(type.GetElementType()!) + "*";
        if (!type.IsGenericType) return type.IsNested && !type.IsGenericParameter ? $"{Of(type.DeclaringType!)}.{type.Name}" : type.Name;
        var arguments = type.GetGenericArguments();
        if (type.FullName?.StartsWith("System.ValueTuple`",
            StringComparison.Ordinal) == true) return $"({Arguments(arguments, nullability)})";
        return $"{WithoutArity(type.Name)}<{Arguments(arguments, nullability)}>";
    }

    private static string Arguments(Type[] arguments, NullabilityInfo? nullability) =>
        string.Join(", ", arguments.Select((a, i) => Of(a, Argument(nullability, i))));

    private static NullabilityInfo? Argument(NullabilityInfo? nullability, int i) =>
        nullability is not null && i < nullability.GenericTypeArguments.Length ? nullability.GenericTypeArguments[i] : null;

    private static string WithoutArity(string name) => name.IndexOf('`', StringComparison.Ordinal) is var at and >= 0 ? name[..at] : name;
}

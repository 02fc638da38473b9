using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace AkkaSse.Architecture.Tests.PublicApi;

/// <summary>Everything that an application can call or derive from in an assembly, as sorted text: one block per type, one line per
/// member.</summary>
internal static class ApiListing
{
    private const BindingFlags Members =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var group in assembly.GetExportedTypes().GroupBy(static t => t.Namespace ?? "")
            .OrderBy(static g => g.Key, StringComparer.Ordinal))
        {
            if (text.Length > 0) text.Append('\n');
            text.Append(CultureInfo.InvariantCulture, $"namespace {group.Key}\n");
            foreach (var type in group.OrderBy(TypeNames.Declared, StringComparer.Ordinal)) Append(text, type);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, Type type)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{Header(type)}\n");
        if (type.IsSubclassOf(typeof(Delegate))) return;
        foreach (var member in type.IsEnum ? EnumValues(type) : Lines(type)) text.Append(CultureInfo.InvariantCulture, $"    {member}\n");
    }

    private static string Header(Type type)
    {
        if (type.IsSubclassOf(typeof(Delegate))) return $"public delegate {Signature(type.GetMethod("Invoke")!, TypeNames.Declared(type))}";
        var words = new List<string> { "public" };
        if (type.IsEnum)
        {
            words.Add("enum");
        }
        else if (type.IsInterface)
        {
            words.Add("interface");
        }
        else if (type.IsValueType)
        {
            if (type.IsDefined(typeof(IsReadOnlyAttribute))) words.Add("readonly");
            if (type.IsByRefLike) words.Add("ref");
            if (IsRecord(type)) words.Add("record");
            words.Add("struct");
        }
        else
        {
            words.Add(type is { IsAbstract: true, IsSealed: true } ? "static" : type.IsAbstract ? "abstract" : type.IsSealed ? "sealed"
                : "unsealed");
            words.Add(IsRecord(type) ? "record" : "class");
        }
        words.Add(TypeNames.Declared(type));
        var bases = Bases(type).ToArray();
        return string.Join(' ', words) + (bases.Length == 0 ? "" : " : " + string.Join(", ", bases));
    }

    private static IEnumerable<string> Bases(Type type)
    {
        if (type.IsEnum)
        {
            if (Enum.GetUnderlyingType(type) != typeof(int)) yield return TypeNames.Of(Enum.GetUnderlyingType(type));
            yield break;
        }
        if (type is { IsValueType: false, BaseType: { } parent } && parent != typeof(object)) yield return TypeNames.Of(parent);
        var inherited = type.GetInterfaces().SelectMany(static i => i.GetInterfaces())
            .Concat(type.BaseType?.GetInterfaces() ?? []).ToHashSet();
        foreach (var name in type.GetInterfaces().Where(i => i.IsVisible && !inherited.Contains(i) && !IsOwnEquality(type, i))
            .Select(static i => TypeNames.Of(i)).Order(StringComparer.Ordinal)) yield return name;
    }

    private static IEnumerable<string> EnumValues(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .OrderBy(f => Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture))
            .Select(f => string.Create(CultureInfo.InvariantCulture,
                $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}"));

    private static IEnumerable<string> Lines(Type type)
    {
        // Sorted by name, so that a changed type moves no line; constructors first.
        var lines = new List<(string Name, string Text)>();
        foreach (var field in type.GetFields(Members)
            .Where(static f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly)) lines.Add((field.Name, Field(field)));
        foreach (var constructor in type.GetConstructors(Members)
            .Where(Callable)) lines.Add(("", $"{Access(constructor)}new({Parameters(constructor)})"));
        foreach (var property in type.GetProperties(Members).Where(p => p.GetAccessors(nonPublic: true).Any(Callable)))
        {
            if (!(IsRecord(type) && property.Name == "EqualityContract")) lines.Add((property.Name, Property(property)));
        }
        foreach (var e in type.GetEvents(Members).Where(static e => Callable(e.AddMethod!)))
        {
            lines.Add((e.Name, $"{Access(e.AddMethod!)}event {TypeNames.Of(e.EventHandlerType!)} {e.Name}"));
        }
        foreach (var method in type.GetMethods(Members).Where(m => Callable(m) && !IsAccessor(m)))
        {
            lines.Add((method.Name, Access(method) + Modifiers(method) + Signature(method, MethodName(method))));
        }
        return lines.OrderBy(static l => l.Name, StringComparer.Ordinal).ThenBy(static l => l.Text, StringComparer.Ordinal)
            .Select(static l => l.Text);
    }

    private static string Field(FieldInfo field)
    {
        var type = TypeNames.Of(field.FieldType, Nullability(c => c.Create(field)));
        if (field.IsLiteral) return $"const {type} {field.Name} = {Literal(field.GetRawConstantValue(), field.FieldType)}";
        return $"{(field.IsFamily ? "protected " : "")}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string Property(PropertyInfo property)
    {
        var accessors = property.GetAccessors(nonPublic: true).Where(Callable).ToArray();
        var first = accessors[0];
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var get = accessors.Contains(property.GetMethod) ? " get;" : "";
        var set = !accessors.Contains(property.SetMethod) ? "" : IsInit(property.SetMethod!) ? " init;" : " set;";
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        return $"{Access(first)}{required}{Modifiers(first)}{TypeNames.Of(property.PropertyType, Nullability(c => c.Create(property)))} {name} {{{get}{set} }}";
    }

    private static string MethodName(MethodInfo method) =>
        method.IsGenericMethod ? $"{method.Name}<{string.Join(", ", method.GetGenericArguments().Select(static a => a.Name))}>"
            : method.Name;

    private static string Signature(MethodInfo method, string name) =>
        $"{TypeNames.Of(method.ReturnType, Nullability(c => c.Create(method.ReturnParameter)))} {name}({Parameters(method)})";

    private static string Parameters(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return extension + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var kind = parameter.ParameterType.IsByRef ? parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref "
            : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        var preset = parameter.HasDefaultValue ? " = " + Literal(parameter.DefaultValue, parameter.ParameterType) : "";
        return $"{kind}{TypeNames.Of(parameter.ParameterType, Nullability(c => c.Create(parameter)))} {parameter.Name}{preset}";
    }

    private static string Literal(object? value, Type type) => value switch
    {
        null => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
        string s => $"\"{s.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        char c => $"'{c}'",
        bool b => b ? "true" : "false",
        Enum e => $"{e.GetType().Name}.{e}",
        _ when type.IsEnum => $"{type.Name}.{Enum.ToObject(type, value)}",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Modifiers(MethodBase method)
    {
        if (method.IsStatic) return method.IsAbstract ? "static abstract " : "static ";
        if (method.DeclaringType!.IsInterface) return method.IsAbstract ? "" : "default ";
        if (method.IsAbstract) return "abstract ";
        if (!method.IsVirtual || method.IsFinal) return "";
        return method is MethodInfo m && m.GetBaseDefinition() != m ? "override " : "virtual ";
    }

    private static string Access(MethodBase method) => method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "";

    private static bool Callable(MethodBase method) =>
        (method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed))
        && (method.IsSpecialName && IsPropertyAccessor(method) || !method.IsDefined(typeof(CompilerGeneratedAttribute)));

    private static bool IsAccessor(MethodInfo method) => method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsPropertyAccessor(MethodBase method) =>
        method.Name.StartsWith("get_", StringComparison.Ordinal) || method.Name.StartsWith("set_", StringComparison.Ordinal)
        || method.Name.StartsWith("add_", StringComparison.Ordinal) || method.Name.StartsWith("remove_", StringComparison.Ordinal);

    private static bool IsInit(MethodInfo setter) => setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    // What the compiler makes for records and nobody writes by hand.
    private static bool IsRecord(Type type) =>
        type.GetMethod("PrintMembers",
            BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)?.IsDefined(
            typeof(CompilerGeneratedAttribute)) == true;

    private static bool IsOwnEquality(Type type, Type i) =>
        IsRecord(type) && i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEquatable<>);

    private static NullabilityInfo? Nullability(Func<NullabilityInfoContext, NullabilityInfo> create) =>
        create(new NullabilityInfoContext());
}

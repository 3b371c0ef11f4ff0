using System.Reflection;
using System.Runtime.CompilerServices;

namespace LiveChat.Tests.Tidy;

/// <summary>
/// No static mutable state: no static field that can be assigned, no static collection that can be changed, and
/// nothing ambient. Constants, pure functions and frozen tables are what may be static.
/// </summary>
internal static class StateRules
{
    private static readonly string[] Changeable = ["System.Collections.Generic", "System.Collections.Concurrent"];

    public static IEnumerable<string> Breaks(IEnumerable<Type> types) =>
        from type in types
        where !IsGenerated(type)
        from field in type.GetFields(
            BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        where !field.IsLiteral && !IsCompilersOwn(field)
        where !field.IsInitOnly || IsChangeable(field.FieldType)
        select $"{type.FullName}.{field.Name}";

    // Lambda caches and the like; the field behind a property is ours.
    private static bool IsCompilersOwn(FieldInfo field) =>
        field.IsDefined(typeof(CompilerGeneratedAttribute))
            && !field.Name.EndsWith("k__BackingField", StringComparison.Ordinal)
        || field.Name.StartsWith("<>", StringComparison.Ordinal);

    private static bool IsChangeable(Type type) =>
        type == typeof(AsyncLocal<>) || type == typeof(ThreadLocal<>)
        || type.IsGenericType && type.GetGenericTypeDefinition() is var open
            && (open == typeof(AsyncLocal<>) || open == typeof(ThreadLocal<>)
                || open.IsClass && Changeable.Contains(open.Namespace));

    // Types of protoc and of source generators keep caches of their own.
    private static bool IsGenerated(Type? type) =>
        type is not null
        && (type.IsDefined(typeof(CompilerGeneratedAttribute))
            || type.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute))
            || typeof(Google.Protobuf.IMessage).IsAssignableFrom(type)
            || typeof(System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(type)
            || type.Name.EndsWith("Reflection", StringComparison.Ordinal)
            || IsGenerated(type.DeclaringType));
}

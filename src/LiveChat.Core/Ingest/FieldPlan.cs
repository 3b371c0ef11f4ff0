using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Ingest;

/// <summary>
/// How one record is checked: each of its fields with the rule that <see cref="FieldRules"/> has for it, those of
/// records inside it too. Made once for each shape, from the metadata that also read it. Pure; any thread.
/// </summary>
internal sealed class FieldPlan
{
    private readonly (string Pointer, Func<object, object?> Get, FieldRule? Rule, FieldPlan? Inner)[] _fields;

    private FieldPlan((string Pointer, Func<object, object?> Get, FieldRule? Rule, FieldPlan? Inner)[] fields) =>
        _fields = fields;

    /// <exception cref="KeyNotFoundException">A field of it has no rule.</exception>
    public static FieldPlan Of(JsonTypeInfo shape) => Of(shape, "");

    /// <summary>The problem of the first field that breaks its rule, or null. What is absent breaks none.</summary>
    public Problem? Check(object record)
    {
        foreach (var (pointer, get, rule, inner) in _fields)
        {
            if (get(record) is not { } value) continue;
            if (inner?.Check(value) is { } within) return within;
            if (rule is not null && Breaks(rule, value) is { } broken) return ProblemOf(pointer, broken);
        }

        return null;
    }

    /// <summary>The problem of a field that breaks a rule.</summary>
    public static Problem ProblemOf(string pointer, string broken) => broken == FieldRule.TooLarge
        ? Problems.Of(ErrorCode.PayloadTooLarge, $"{pointer[(pointer.LastIndexOf('/') + 1)..]} is too long.")
        : Problems.Invalid(pointer, broken);

    private static FieldPlan Of(JsonTypeInfo shape, string above) => new([
        .. shape.Properties.Where(static property => property.Get is not null).Select(property =>
        {
            var pointer = $"{above}/{property.Name}";
            var inner = shape.Options.GetTypeInfo(property.PropertyType);
            return inner.Kind is JsonTypeInfoKind.Object
                ? (pointer, property.Get!, default(FieldRule), Of(inner, pointer))
                : (pointer, property.Get!, FieldRules.Of(shape.Type, property.Name), null);
        }),
    ]);

    private static string? Breaks(FieldRule rule, object value) => value switch
    {
        string text => rule.OfText!(text),
        long number => rule.OfNumber!(number),
        int number => rule.OfNumber!(number),
        JsonElement { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
        JsonElement json => rule.OfJson!(json),
        IReadOnlyList<string> texts => BreaksIn(rule, texts),
        _ => null,
    };

    private static string? BreaksIn(FieldRule rule, IReadOnlyList<string> texts)
    {
        foreach (var text in texts)
            if (rule.OfText!(text) is { } broken)
                return broken;
        return null;
    }
}

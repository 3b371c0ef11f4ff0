using System.Collections.Frozen;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Ingest;

/// <summary>
/// The one table of what the fields of frames, requests and paths may hold, by their name on the wire. What a field
/// means in one command (which ones exclude each other, who may) is that command's matter and not here. Every field has
/// a row, also one that is added: nothing is read without (<see cref="FieldPlan"/>). Pure.
/// </summary>
internal static class FieldRules
{
    /// <summary>Name, or <c>Record.name</c> where one name means two things.</summary>
    public static IReadOnlyDictionary<string, FieldRule> All { get; } = new Dictionary<string, FieldRule>
    {
        ["after_seq"] = FieldRule.SeqOrZero,
        ["around_seq"] = FieldRule.Seq,
        ["before_seq"] = FieldRule.Seq,
        ["chat"] = FieldRule.Snowflake,
        ["client_id"] = FieldRule.Key,
        ["cursor"] = FieldRule.Opaque,
        ["custom"] = FieldRule.Object(Limits.CustomBytesMax),
        ["custom_patch"] = FieldRule.Object(Limits.CustomBytesMax),
        ["delivered"] = FieldRule.Seq,
        ["device"] = FieldRule.Id,
        ["direct"] = FieldRule.Id,
        ["disabled"] = FieldRule.Flag,
        ["emoji"] = FieldRule.Emoji(Limits.EmojiBytesMax),
        ["format"] = FieldRule.Word(TextFormats.Plain, TextFormats.Markdown),
        ["hidden"] = FieldRule.Flag,
        ["if_seq"] = FieldRule.Seq,
        ["key"] = FieldRule.Opaque,
        ["limit"] = FieldRule.Range(1, Limits.PageItemsMax),
        ["members"] = FieldRule.Id,
        ["mentions"] = FieldRule.Id,
        ["min_seq"] = FieldRule.SeqOrZero,
        ["muted_until"] = FieldRule.Time,
        ["name"] = FieldRule.Line(Limits.NameBytesMax),
        ["KeyDraft.name"] = FieldRule.Id,
        ["on"] = FieldRule.Flag,
        ["pinned"] = FieldRule.Flag,
        ["read"] = FieldRule.Seq,
        ["reply_to"] = FieldRule.Seq,
        ["role"] = FieldRule.Word(MemberRoles.Owner, MemberRoles.Admin, MemberRoles.Member),
        ["seconds"] = FieldRule.Range(60, 86_400),
        ["session"] = FieldRule.Opaque,
        ["since"] = FieldRule.Opaque,
        ["target"] = FieldRule.Seq,
        ["text"] = FieldRule.Text(Limits.BodyBytesMax),
        ["title"] = FieldRule.Line(Limits.TitleBytesMax),
        ["token"] = FieldRule.Opaque,
        ["user"] = FieldRule.Id,
        ["users"] = FieldRule.Id,
        ["view"] = FieldRule.Word(HistoryViews.Messages, HistoryViews.Events),
        ["visible"] = FieldRule.Flag,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, FieldPlan> OfFrames = FrameTable.ClientFrames.ToFrozenDictionary(
        static shape => shape.Type, FieldPlan.Of);

    /// <summary>The rule of a field.</summary>
    /// <exception cref="KeyNotFoundException">It has none.</exception>
    public static FieldRule Of(Type record, string name) =>
        All.TryGetValue($"{record.Name}.{name}", out var own) ? own : All[name];

    /// <summary>The first rule that a field of the frame breaks, or null.</summary>
    public static Problem? Check(ClientFrame frame) => OfFrames[frame.GetType()].Check(frame);
}

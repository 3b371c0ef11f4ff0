using System.Globalization;
using LiveChat.Core.Log;

namespace LiveChat.Cluster.Log;

/// <summary>
/// Which topic the chats of a data folder or keyspace stand in: its id, which another topic of the same name does not
/// have, and the generation of its positions. Kept beside history as one line, <c>GENERATION ID</c>.
/// </summary>
internal sealed record KafkaMark(int Generation, string TopicId)
{
    /// <summary>The file of the data folder.</summary>
    public const string FileName = "kafka-topic";

    /// <exception cref="KafkaLogException">The line is damaged.</exception>
    public static KafkaMark? Parse(string? line)
    {
        if (line is null) return null;
        return line.Split(' ') is [var generation, { Length: > 0 } id]
            && int.TryParse(generation, CultureInfo.InvariantCulture, out var number)
            ? new KafkaMark(number, id)
            : throw new KafkaLogException(
                $"The line '{line}' beside history, which names the topic of the chats ({FileName}), is damaged: "
                + "restore it from a backup.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Generation} {TopicId}");

    /// <summary>Checks the topic that the chats stand in from now on.</summary>
    /// <param name="former">What is kept beside history; null where there are no chats yet.</param>
    /// <param name="topicId">The topic that is there; null where there is none.</param>
    /// <param name="hasReaders">Whether the group history-writers has read the topic.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="KafkaLogException">They do not belong together.</exception>
    public static void Check(KafkaMark? former, string? topicId, bool hasReaders, KafkaLogOptions options)
    {
        if (former is null)
        {
            if (hasReaders)
                throw new KafkaLogException(
                    $"The group {ConsumerGroups.HistoryWriters} has read the topic {options.Topic} into another "
                    + $"{options.Home}, which has its history: name that {options.Home}, or restore it from a backup. "
                    + "To read the whole topic again into this one, stop every server and delete the group with "
                    + "kafka-consumer-groups.");
            return;
        }

        if (options.Generation < former.Generation)
            throw new KafkaLogException(
                $"LiveChat:Log:Generation is {options.Generation} and the chats of this {options.Home} are in "
                + $"generation {former.Generation}: set it to {former.Generation}.");
        if (topicId == former.TopicId && options.Generation > former.Generation)
            throw new KafkaLogException(
                $"LiveChat:Log:Generation is {options.Generation} and the topic {options.Topic} is still the one of "
                + $"generation {former.Generation}, which would be read twice: set it to {former.Generation}.");
        if (topicId != former.TopicId && options.Generation == former.Generation)
            throw new KafkaLogException(
                (topicId is null
                    ? $"There is no topic {options.Topic}, and the chats of this {options.Home} stand in one"
                    : $"The topic {options.Topic} is not the one with the chats of this {options.Home}")
                + ": name the brokers or the topic that have it. "
                + $"If it is lost, set LiveChat:Log:Generation to {former.Generation + 1}: then messages that were not "
                + "in history yet are lost with it.");
    }
}

using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>One broker and one node of Cassandra for all classes that need no more, one after the other: to start them
/// costs more than most tests.</summary>
[CollectionDefinition(nameof(OnServices))]
public sealed class OnServices : ICollectionFixture<OneBroker>, ICollectionFixture<OneCassandra>;

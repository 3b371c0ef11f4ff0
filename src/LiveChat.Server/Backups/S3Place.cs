using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;

namespace LiveChat.Server.Backups;

/// <summary>
/// A bucket of an S3 API with backups, below a prefix. Keys, region and another address than Amazon's come from where
/// AWS's own tools have them: <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c>, <c>AWS_REGION</c>,
/// <c>AWS_ENDPOINT_URL</c>, or a profile. An object is there once its upload has ended.
/// </summary>
internal sealed class S3Place : IBackupPlace
{
    private const string RegionUsual = "us-east-1";
    private const int RetriesMax = 3;
    private static readonly TimeSpan RequestLimit = TimeSpan.FromMinutes(2);

    private readonly AmazonS3Client _client;
    private readonly TransferUtility _transfer;
    private readonly string _bucket;
    private readonly string _prefix;

    private S3Place(AmazonS3Client client, string bucket, string prefix)
    {
        (_client, _bucket, _prefix) = (client, bucket, prefix);
        _transfer = new TransferUtility(client);
    }

    public string Address => $"s3://{_bucket}/{_prefix}".TrimEnd('/');

    /// <param name="path">The bucket, and behind a slash the prefix.</param>
    /// <exception cref="BackupException">No bucket is named, or no region.</exception>
    public static S3Place Open(string path)
    {
        var (bucket, rest) = path.Split('/', 2) is [var before, var behind] ? (before, behind) : (path, "");
        var prefix = rest.Trim('/');
        if (bucket.Length == 0)
            throw new BackupException(BackupFault.Asked, "s3:// names no bucket: write s3://BUCKET/PREFIX.");
        try
        {
            return new S3Place(
                new AmazonS3Client(Configuration()), bucket, prefix.Length == 0 ? "" : $"{prefix}/");
        }
        catch (AmazonClientException missing)
        {
            throw new BackupException(
                BackupFault.Asked,
                "S3 needs a region and keys: set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. "
                + missing.Message,
                missing);
        }
    }

    public Task<IReadOnlyDictionary<string, long>> ListAsync(string folder, CancellationToken cancellationToken) =>
        DoAsync<IReadOnlyDictionary<string, long>>(async () =>
        {
            var below = folder.Length == 0 ? _prefix : $"{_prefix}{folder}/";
            var found = new Dictionary<string, long>();
            var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = below, Delimiter = "/" };
            for (var more = true; more;)
            {
                var page = await _client.ListObjectsV2Async(request, cancellationToken);
                foreach (var item in page.S3Objects ?? []) found[item.Key[below.Length..]] = item.Size ?? 0;
                foreach (var name in page.CommonPrefixes ?? []) found[name[below.Length..].TrimEnd('/')] = 0;
                request.ContinuationToken = page.NextContinuationToken;
                more = page.IsTruncated ?? false;
            }

            return found;
        });

    public Task<Stream> OpenAsync(string name, CancellationToken cancellationToken) => DoAsync<Stream>(async () =>
        new GuardedStream(
            (await _client.GetObjectAsync(_bucket, _prefix + name, cancellationToken)).ResponseStream, this));

    public Task PutAsync(string name, Stream content, CancellationToken cancellationToken) => DoAsync(async () =>
    {
        await _transfer.UploadAsync(
            new TransferUtilityUploadRequest
            {
                BucketName = _bucket, Key = _prefix + name, InputStream = content, AutoCloseStream = false,
            },
            cancellationToken);
        return true;
    });

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => DoAsync(async () =>
    {
        await _client.DeleteObjectAsync(_bucket, _prefix + name, cancellationToken);
        return true;
    });

    public void Dispose()
    {
        _transfer.Dispose();
        _client.Dispose();
    }

    private static AmazonS3Config Configuration()
    {
        var configuration = new AmazonS3Config
        {
            Timeout = RequestLimit,
            MaxErrorRetry = RetriesMax,

            // Other implementations of the API know no trailing checksums; the backup has its own.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        var address = Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3")
            ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL");
        if (address is not { Length: > 0 }) return configuration;
        configuration.ServiceURL = address;
        configuration.ForcePathStyle = true;
        configuration.AuthenticationRegion = Environment.GetEnvironmentVariable("AWS_REGION") ?? RegionUsual;
        return configuration;
    }

    private async Task<T> DoAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (AmazonS3Exception refused) when (refused.StatusCode == HttpStatusCode.NotFound
            && refused.ErrorCode != "NoSuchBucket")
        {
            throw new BackupException(
                BackupFault.Damaged, $"A file of the backups in {Address} is missing: {refused.Message}", refused);
        }
        catch (AmazonS3Exception refused) when (refused.StatusCode is HttpStatusCode.NotFound
            or HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest)
        {
            throw new BackupException(
                BackupFault.Asked, $"{Address} refuses it: {refused.Message} ({refused.ErrorCode})", refused);
        }
        catch (Exception away) when (IsAway(away))
        {
            throw Away(away);
        }
    }

    /// <summary>A request that ran out of its time is cancelled for a reason; ours has none.</summary>
    private static bool IsAway(Exception failed) => failed is AmazonServiceException or AmazonClientException
        or HttpRequestException or IOException or TimeoutException
        or TaskCanceledException { InnerException: not null };

    private BackupException Away(Exception failed) => new(
        BackupFault.Unreachable, $"{Address} does not answer: {failed.GetBaseException().Message}", failed);

    /// <summary>The content of an object: what fails while it is read is said like everything else.</summary>
    private sealed class GuardedStream(Stream inner, S3Place place) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception away) when (IsAway(away))
            {
                throw place.Away(away);
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}

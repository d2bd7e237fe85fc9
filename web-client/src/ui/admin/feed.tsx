// A secret calendar link: made, copied, replaced, revoked.

import { errorCode } from '../../protocol/errors';
import { noteSignedOut } from '../../state/account';
import { errorText } from '../../state/i18n';
import { toast } from '../../state/toasts';
import { words } from '../../state/words';
import { copyText } from '../meeting/stage';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';
import { useLoaded } from '../parts/load';

export function FeedLink(props: {
  read: () => Promise<string | null>;
  make: () => Promise<string | null>;
  end: () => Promise<void>;
}) {
  const { feeds } = words.value;
  // Without one the server may say so with an error.
  const url = useLoaded(() => props.read().catch(() => null), []);
  const failed = (error: unknown): void => {
    noteSignedOut(error);
    toast(errorText(errorCode(error)), 'bad');
  };
  const make = (): void => void props.make().then(url.again, failed);
  return (
    <div class="feed">
      <p class="muted">{feeds.text}</p>
      {url.value ? (
        <>
          <TextField
            label={feeds.url}
            value={url.value}
            readOnly
            testId="feed-url"
            onInput={() => {}}
          />
          <div class="form-actions">
            <Button
              kind="quiet"
              testId="feed-end"
              onClick={() =>
                void props.end().then(() => {
                  toast(feeds.ended, 'good');
                  url.again();
                }, failed)
              }
            >
              {feeds.end}
            </Button>
            <Button icon="again" testId="feed-renew" onClick={make}>
              {feeds.renew}
            </Button>
            <Button
              kind="primary"
              icon="copy"
              testId="feed-copy"
              onClick={() => void copyText(url.value ?? '', feeds.copied)}
            >
              {words.value.meeting.copyLink}
            </Button>
          </div>
        </>
      ) : (
        <div class="form-actions">
          <Button kind="primary" icon="calendar" testId="feed-make" onClick={make}>
            {feeds.make}
          </Button>
        </div>
      )}
    </div>
  );
}

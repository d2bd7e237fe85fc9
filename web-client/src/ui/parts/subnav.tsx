// The pages that belong together, as links under the top bar.

import { Link } from './page';

export function SubNav(props: {
  label: string;
  links: readonly { to: string; label: string; current: boolean; testId?: string }[];
}) {
  return (
    <nav class="subnav" aria-label={props.label}>
      {props.links.map((link) => (
        <Link
          key={link.to}
          to={link.to}
          class="subnav-link"
          current={link.current}
          {...(link.testId ? { testId: link.testId } : {})}
        >
          {link.label}
        </Link>
      ))}
    </nav>
  );
}
